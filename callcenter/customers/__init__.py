"""The customer's record: its fields, how it is found, changed, joined with its duplicate, and what it entitles to."""
