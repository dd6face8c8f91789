"""Ending the whole service for a seller, announced in time (P2B Art. 4)."""
