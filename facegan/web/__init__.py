"""A page that edits faces in a browser, exported as a folder of files."""
