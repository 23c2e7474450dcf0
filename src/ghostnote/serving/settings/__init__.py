"""What can be set of the service, where it is set, and what it must never tell."""
