"""Independent oracles: pyca/cryptography, asn1crypto, pyasn1, the openssl command, hashlib, on every file at hand."""
