"""Rows of a frame → the records CleverTap takes: whose, of what, under which of its rules."""
