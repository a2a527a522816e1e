"""What phones show of their keys, judged: Android key attestation, Apple App Attest, Play Integrity."""
