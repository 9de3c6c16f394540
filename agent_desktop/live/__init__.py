"""Event reports in, views out: what one person sees. Pure."""
