"""The demo's story: a network's features on real pictures, as figures and as a page that says what is seen."""
