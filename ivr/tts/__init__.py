"""Speech synthesis: a worker process that speaks, its client, and the cache of what was spoken."""
