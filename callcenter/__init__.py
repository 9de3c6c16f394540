"""The CTI server: one inbox, one writer, thin adapters around it."""
