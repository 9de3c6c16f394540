"""The switch: everything that knows Asterisk's words. Outside this room one speaks of calls and devices only."""
