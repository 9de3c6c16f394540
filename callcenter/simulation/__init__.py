"""What if? A day's description or last week's calls, run through the routing engine under several plans, side by side.

Start at `study.compare`; how a description is written stands in `docs/simulation.md`.
"""
