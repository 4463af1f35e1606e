"""Where networks and images come from: one file per kind."""
