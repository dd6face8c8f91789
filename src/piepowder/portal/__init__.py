"""The outside portal: sellers, buyers, rights holders and people without an account."""
