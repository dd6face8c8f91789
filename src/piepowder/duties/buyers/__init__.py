"""Telling buyers that what they bought was illegal (DSA Art. 32)."""
