"""One Lagrangian over a model: what every weight's error costs, and the steps that follow."""
