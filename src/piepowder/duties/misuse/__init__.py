"""Misuse (DSA Art. 23): what is manifest, who was warned, who is suspended, and by which published rules."""
