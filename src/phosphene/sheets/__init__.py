"""Sheets that commands draw: units on one picture, one unit on many, strongest patches beside projections."""
