"""Where models go, one file a kind."""
