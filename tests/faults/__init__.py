"""Faults of the system, brought about on purpose: the real command under strace."""
