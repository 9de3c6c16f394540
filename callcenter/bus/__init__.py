"""The line between CTI server and desktop servers: Redis streams. Nothing here is the truth, everything may be lost."""
