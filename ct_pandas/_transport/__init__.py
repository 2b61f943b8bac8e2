"""From a request to its answer: connections, the gate of the account, waiting and trying again."""
