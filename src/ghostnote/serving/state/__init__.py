"""What the service remembers, and its files: the write-ahead log, the state that follows it, snapshots."""
