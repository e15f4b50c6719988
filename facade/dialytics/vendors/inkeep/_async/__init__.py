"""The Inkeep client, for asynchronous code."""
