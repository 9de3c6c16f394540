"""`callcenter doctor`: looks at this machine and says in sentences what is well, what is not, and what to do."""
