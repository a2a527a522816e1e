"""The specimen issuing state UTO: an issuer, documents, chips, and ways to break them.

Nothing here is ever trusted in the production realm (SECURITY.md 4.5). Deterministic: keys come from their names,
times are arguments, salts come from what is signed, so the same arguments give the same octets.

`issuer` issues, `chip` answers, `authorities` makes the rest of the PKI; `algorithm_profiles` and `holders` list
what they vary. A `recipe.Recipe` makes documents of one kind and says what a verifier finds; `recipes.RECIPES` holds
all.
"""
