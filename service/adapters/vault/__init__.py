"""Keys, and what is sealed with them (SECURITY.md 7.9)."""
