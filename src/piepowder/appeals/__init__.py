"""Internal complaints against decisions, and the out-of-court bodies that follow them."""
