"""What each command of `mainstay` does, apart from reading its arguments."""
