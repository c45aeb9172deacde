"""What is packaged, rendered and documented, held against its source."""
