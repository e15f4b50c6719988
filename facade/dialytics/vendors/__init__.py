"""One package a vendor: its declarations and its clients."""
