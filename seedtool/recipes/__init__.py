"""Recipes: what a model is for, and how it is trained when it arrives. Data alone, never code."""
