"""Redis: commands, within a budget each."""
