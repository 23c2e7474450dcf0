"""Kafka: events from a topic, exactly once into the state, and decisions to another one, at least once."""
