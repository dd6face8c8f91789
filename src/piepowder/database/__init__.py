"""What we need of the two databases beyond the ORM: the address, fast inserts, triggers."""
