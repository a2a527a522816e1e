"""Phones: enrolment, confirmation, revocation, pairing."""
