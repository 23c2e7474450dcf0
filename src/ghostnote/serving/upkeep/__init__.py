"""The work beside the service, in a process of its own: the log is filed, a snapshot made, the last days scored."""
