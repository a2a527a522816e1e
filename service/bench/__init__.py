"""`passkoll bench mrz`: readers of photos side by side, over folders of labelled pictures.

Time is measured on one core, picture by picture with every reader in turn, so that a busy machine is unfair to all
of them alike. A reading is only worth what it claims: besides exact readings, the wrong ones that were handed over as
good are counted.
"""
