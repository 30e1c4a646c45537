"""One model by many coders: what each ships, how good it is, and which are worth their bytes."""
