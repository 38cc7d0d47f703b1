"""The studio: generate and edit faces on a local web page.

`subjects.py` contains what can be edited, and `session.py` the state of one visitor; neither depends on a browser.
`page.py` shows a session with gradio, and `server.py` serves the page locally.
"""
