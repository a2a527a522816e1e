"""The specimen issuing state UTO: an issuer, documents, chips, and ways to break them.

Nothing here is ever trusted in the production realm (SECURITY.md 4.5). Deterministic: keys come from their names,
times are arguments, salts come from what is signed, so the same arguments give the same octets.
"""
