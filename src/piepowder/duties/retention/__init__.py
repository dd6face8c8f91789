"""How long what is kept, and emptying what somebody asks us to erase."""
