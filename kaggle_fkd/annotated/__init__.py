"""Annotated pictures to train on: of keypoints, in any scheme, and of all faces in a photograph."""
