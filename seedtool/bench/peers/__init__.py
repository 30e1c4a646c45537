"""Tools of others, each run in an environment of its own where it has one."""
