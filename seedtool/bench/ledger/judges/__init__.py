"""How documents of studies are judged: one file for each bench."""
