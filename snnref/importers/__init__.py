"""Networks trained elsewhere."""
