"""How the schema came to be; every step is a file in `versions` and is never changed after a release."""
