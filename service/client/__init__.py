"""What programs use that call the service: keys, proofs and tokens, and a portal to look at."""
