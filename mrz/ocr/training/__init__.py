"""Training the line recogniser from synthetic lines: `python -m mrz.ocr.training`, needs the extra `train` (PyTorch).

Everything is made from a seed: strings (`lines`), faces (`faces`), printed lines (`printing`), what a camera makes of
them (`camera`), batches (`batches`). The network (`network`) is taught by `teach`, judged by `evaluate` and written
as ONNX by `export`. No picture and no string of a test set comes in.
"""
