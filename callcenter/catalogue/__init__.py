"""What the house has configured, read from files: numbers, queues, skills, rules. Start at `reading.load_catalogue`."""

from callcenter.catalogue.reading import load_catalogue

__all__ = ["load_catalogue"]
