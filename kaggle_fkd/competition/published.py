"""Published scores of the competition, for comparison."""

import pandas as pd

PUBLISHED = pd.DataFrame(
    [
        ("first place, method unpublished", 1.28236, 1.55021),
        ("20-network stack", 1.28637, 1.45471),
        ("best single network of that stack", 1.35183, None),
        ("fully convolutional heat-map network", 1.45920, 1.87379),
        ("1.47 M-parameter CNN, masked loss, flip and affine augmentation", 1.519, 1.883),
        ("small-CNN ensemble, elastic and perspective augmentation", 1.646, 1.873),
        ("LeNet-5, no augmentation", 2.331, None),
        ("averages benchmark", 3.96244, None),
    ],
    columns=["solution", "private_rmse", "public_rmse"],
)
"""The best and the usual solutions, the best first: RMSE in pixels on the private and the public
half of Kaggle's test faces. Source: the competition's leaderboard and discussions, read in November
2026."""
