"""What repeats say of figures, and how sure it is."""
