"""Trusted flaggers: the registry over intake's reporters, and evidence for the coordinator that gave the status."""
