"""One function a vector; see ../make_vectors.py."""
