"""Version 1 of the contract of API.md section 5 (docs/openapi.json)."""
