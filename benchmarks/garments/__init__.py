"""Seeds of one size for Fashion-MNIST, by how their bytes are spent and where growing starts."""
