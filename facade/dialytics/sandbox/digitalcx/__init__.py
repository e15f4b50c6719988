"""DigitalCX (CM.com) in the sandbox: interaction logs by day and culture, and tokens."""
