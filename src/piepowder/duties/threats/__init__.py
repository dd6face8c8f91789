"""Suspected threats to life or safety (DSA Art. 18), seen by few."""
