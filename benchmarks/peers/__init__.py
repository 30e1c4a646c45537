"""seedtool beside other ways to make weights small, on the same models and the same data.

`python -m benchmarks.peers --help`, from the root of the repository.
"""
