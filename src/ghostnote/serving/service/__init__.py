"""The service without HTTP: its parts put together, and what is asked of it."""
