"""Bytes to rows: tolerant readers of JSON and CSV. Row classes are passed in."""
