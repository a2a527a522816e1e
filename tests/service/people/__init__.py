"""People: accounts, sign-ins, sessions, roles."""
