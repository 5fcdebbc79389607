"""The reading side: frozen page models, each from one snapshot, cut to what the reader may see."""
