"""What a team would otherwise assemble, each a program in the words of its own documentation, not importing ours."""
