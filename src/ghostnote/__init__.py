"""Ghostnote finds the plays that nobody heard."""

__version__ = "0.1.0"
