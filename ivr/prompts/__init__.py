"""What is said to callers: texts with variables, how values are spoken, and recordings in their place."""
