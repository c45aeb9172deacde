"""People who sign up and in by themselves: their passwords, their sessions, and the tokens these are made of."""
