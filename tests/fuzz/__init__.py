"""Coverage-guided fuzzing of everything that reads a stranger's bytes (docs/fuzzing.md)."""
