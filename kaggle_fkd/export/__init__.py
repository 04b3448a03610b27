"""From trained networks to ONNX files, which run without torch."""
