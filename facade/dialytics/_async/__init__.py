"""The asynchronous shell; its synchronous twin is generated from it."""
