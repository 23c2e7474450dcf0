"""What the service tells of itself: a log on stderr, and series that Prometheus reads."""
