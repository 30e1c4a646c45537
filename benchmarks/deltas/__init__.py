"""Fine-tunes coded as differences to their base: seedtool beside other ways, at equal bytes."""
