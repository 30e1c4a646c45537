"""Weights that learning can start from: what codecs leave, what is left without a part of it,
and controls."""
