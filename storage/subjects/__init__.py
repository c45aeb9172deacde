"""What the database holds of one person: shown whole, erased, and that it was done."""
