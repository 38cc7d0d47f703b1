"""The studio: generate and edit faces on a local web page.

`subjects.py` is what can be edited, `session.py` what one visitor does with it; neither knows a browser. `page.py`
shows a session with gradio, and `server.py` serves the page from this machine.
"""
