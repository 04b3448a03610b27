"""Exported networks: ONNX files, run by onnxruntime, without torch."""
