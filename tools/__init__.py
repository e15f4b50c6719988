"""What maintainers and CI run: code generation and its checks. Not part of the wheel."""
