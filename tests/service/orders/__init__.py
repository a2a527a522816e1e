"""Orders of portals, and holders on their own phones."""
