"""Export of a static web page that edits faces in the browser."""
