"""The IP desk: registered rights, notices bound to them, counter-notices and repeat infringers."""
