"""What goes over the wire: events as clients send them, decisions as they get them."""
