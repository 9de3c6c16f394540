"""A firm's own systems, as flows ask them and have them do things: HTTP services (JSON) and SQL databases."""
