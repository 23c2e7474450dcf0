"""The service over HTTP: its pages, its own description, the server."""
