"""The readers: from a question to a DataFrame, or to an error that keeps what came and can go on."""
