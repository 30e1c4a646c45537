"""Information theory of weights: what a rate can keep, and what is left to be won."""
