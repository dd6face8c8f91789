"""Who trades here, as the law wants it known: what is asked, given, checked, and what follows when it is not."""
