"""What each feature of a convolutional network is looking for."""
