"""Flows: the nodes they are made of, how they are read from files, and how they are checked."""
