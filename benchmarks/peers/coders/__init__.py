"""One script a tool, run in its environment."""
