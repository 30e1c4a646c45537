"""Growing: a seed's network trained by a recipe where it arrives. Everything here needs torch."""
