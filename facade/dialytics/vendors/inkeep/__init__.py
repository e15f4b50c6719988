"""Inkeep: what its API promises (`declarations`) and its clients."""
