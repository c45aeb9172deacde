"""What the text of a service's file tells: mistakes before it is imported, and the lines of what it declares."""
