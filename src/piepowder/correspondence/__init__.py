"""What we write to people: templates of letters, and every letter kept as it was sent."""
