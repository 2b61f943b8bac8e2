"""Problems of a frame, all of them, before the first request."""
