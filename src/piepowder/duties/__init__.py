"""What the law asks of the organisation: orders, threats to life, misuse, traders, buyers, retention and holds."""
