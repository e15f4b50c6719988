"""What sends, reads and hands out, for asynchronous code."""
