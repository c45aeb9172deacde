"""The real `mainstay` process over HTTP."""
