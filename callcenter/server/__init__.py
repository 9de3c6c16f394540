"""The CTI server's heart: one inbox, one writer, and the shell that carries its decisions out."""
