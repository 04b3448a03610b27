"""`kaggle-fkd serve`: a page and a JSON API for keypoints on pictures."""
