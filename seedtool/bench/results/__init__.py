"""What benches found, as documents."""
