"""lowband: courses over thin lines, sticks and hubs; pay only for what changed."""

__version__ = "0.1.0"
