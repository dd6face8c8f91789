"""Kill Piepowder again and again, at named points and at seeded random instants, and show that nothing is lost or doubled.

``make crash-study`` runs it on both databases and writes ``studies/RESULTS.md``; the suite runs a few kills of it.
"""
