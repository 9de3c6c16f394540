"""Flows as they are kept: drafts that people edit, versions that are published and never change, those that run."""
