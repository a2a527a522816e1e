"""The declared cases: documents as they should be, broken, forged, cloned and odd, with what must be found.

Cases are data: `passkoll specimen make` writes them as folders that any verifier can replay.
"""
