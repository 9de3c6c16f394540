"""The call centre's own words: calls, interactions, causes. Pure: no I/O, no clock."""
