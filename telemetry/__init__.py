"""What can be seen: events, and the readers that turn them into metrics, logs and traces."""

VERSION = "0.1.0"
