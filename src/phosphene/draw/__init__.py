"""Tensors into pictures: colours, contact sheets, plots. Knows nothing of networks."""
