"""From a frame to a report: check, save, send, and account for every row."""
