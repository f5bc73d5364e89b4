"""Drawings: arrays in, SVG out. Nothing here measures, reads an image or knows a detector."""
