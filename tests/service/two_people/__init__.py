"""Two people are two people."""
