"""Tests of seedtool."""
