"""Scan: every unit of every layer over a whole image set, in one pass (`phosphene.scan.run`)."""
