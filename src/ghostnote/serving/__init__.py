"""The real-time service: events in over HTTP or a broker, decisions out, nothing acknowledged is lost."""
