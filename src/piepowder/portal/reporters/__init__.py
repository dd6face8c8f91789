"""The portal for those who report and those who own rights: no account needed, every step works without JavaScript."""
