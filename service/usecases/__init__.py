"""One file for each thing that a user does. A use case knows the domain and its ports, nothing else."""
