"""A download on disk: pages → one schema → a Parquet dataset, in bounded memory."""
