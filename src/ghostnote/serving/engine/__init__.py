"""Takes events in and decides about them: calls, the engine, and which bundle is asked."""
