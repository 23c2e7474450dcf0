"""What we know at time t: features declared once and folded everywhere by the same compiled code."""
