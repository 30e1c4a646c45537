"""Receipts: what became of a seed that was grown, beside its controls."""
