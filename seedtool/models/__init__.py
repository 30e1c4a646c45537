"""Torch models: loading, running and exporting to ONNX. Everything here needs torch."""
