"""Product safety (GPSR Art. 22): the clock of notices, lists of dangerous products, random checks."""
