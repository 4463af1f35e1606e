"""The atlas: one file that holds what a scan found. Knows nothing of PyTorch."""
