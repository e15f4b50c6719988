"""Inkeep Analytics in the sandbox: conversations, feedback, events and queries over them."""
