"""Reading what a request brings: its query, its conditions and its JSON, into checked values or every fault at once."""
