"""Loads a service, and times its answers."""
