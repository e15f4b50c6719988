"""The Chatlayer client, for asynchronous code."""
