"""seedtool: a trained network as a .seed file of the fewest bytes, and back."""
