"""Orders of authorities: taken in, followed, answered."""
