"""A download as a walk: slices of days side by side, the next page under way while one is decoded."""
