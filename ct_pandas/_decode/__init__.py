"""Bytes of a page → columns."""
