"""Labelled data: read from files, chosen or learned, and coded small."""
