"""Flows as pictures: Mermaid for pages that draw it, SVG for everything else."""
