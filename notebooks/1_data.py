# %% [markdown]
# # 1. The data
#
# The competition [Facial Keypoints Detection](https://www.kaggle.com/competitions/facial-keypoints-detection) asks for
# 15 points of a face, such as the centres of the eyes and the tip of the nose, in grey pictures of 96 x 96 pixels. This
# notebook looks at what there is to learn from: pictures, labels, the gaps between them, and the errors in them.
#
# Put the competition's files into `data/` (`kaggle-fkd download` does), and this notebook analyses them. The pictures
# below show *sample faces*, which the package draws itself, with the same kinds of gaps and errors.

# %%
# %matplotlib inline
import sys
from pathlib import Path

sys.path.insert(0, str(Path.cwd().parent))  # for a package that is not installed

import pandas as pd

from kaggle_fkd.competition.eda.report import analyse
from kaggle_fkd.competition.sample.competition import competition_or_sample
from kaggle_fkd.config import AugmentConfig, EdaConfig
from kaggle_fkd.inspection.augmentation import draw_augmentation

competition = competition_or_sample("../data")
faces = competition.train

# %% [markdown]
# `competition.train` and `competition.test` are data sets of faces: `images` is N x 96 x 96, and `keypoints` is N x 15 x 2
# with the x and y of each point in pixels, NaN where a label is missing.

# %%
print(f"{len(faces)} training faces of {faces.size} pixels, {len(competition.test)} test faces")
print(f"{len(competition.lookup)} coordinates are asked for")

# %% [markdown]
# ## Looking
#
# Look at the faces before anything else. `analyse` works on one topic of the stage `eda`, and returns its figures,
# tables and numbers. These faces were chosen at random.

# %%
examples = analyse(faces, "gallery", EdaConfig(gallery_faces=12))
examples.figures["gallery_A"]

# %%
examples.figures["gallery_B"]

# %% [markdown]
# How do the images of the test faces compare? The darkest and the blurriest training images are shown below.

# %%
images = analyse(faces, "images", test=competition.test)
images.figures["images"]

# %%
images.figures["odd_images"]

# %% [markdown]
# ## Two label conventions
#
# The two galleries were labelled by different people, by different rules. Convention A marks 15 points, convention B
# four of them. Compare the noses: A marks the *tip* of the nose, B its *base*. And B's bottom lip is the centre of the
# mouth. The names of the columns are the same, but the mean positions are not.

# %%
locations = analyse(faces, "locations")
locations.tables["mean_positions"].round(1)

# %% [markdown]
# Some images are in the file twice, once with labels of each convention. They prove it.

# %%
analyse(faces, "conventions").figures["conventions"]

# %% [markdown]
# y is measured downwards. The eyes agree; the tip of the nose is 7 pixels apart, the bottom lip 5. A network with one
# output for both is wrong by construction, so the networks of this package have a *head* for each convention. Whether a
# row is A or B is known from the columns that are filled in; for a test face, from the coordinates that are asked for.

# %%
locations.figures["locations"]

# %%
locations.figures["histograms"]

# %% [markdown]
# Faces are centred, so all points have a narrow distribution, and predicting the mean already gives a score of a few
# pixels. What the histograms hide are the outliers, which are most of the squared error; we will find them below.
#
# How large are the faces, and how far are heads rolled and turned? Augmentation should cover that.

# %%
analyse(faces, "geometry").figures["geometry"]

# %% [markdown]
# ## Gaps
#
# How many labels are missing?

# %%
missing = analyse(faces, "missing")
pd.DataFrame(missing.summary).T

# %%
missing.figures["missing"]

# %%
missing.figures["label_patterns"]

# %% [markdown]
# In Kaggle's file, two thirds of the cells are empty, and most public notebooks either drop these rows or fill them in.
# The pattern shows that this is mostly not what it seems: a face of convention B lacks 11 points because nobody was
# asked to mark them. Only a few labels are missing by accident.
#
# ## Imputation
#
# How could the gaps be filled? One label in ten is hidden, and predicted from the others by four methods.

# %%
imputation = analyse(faces, "imputation")
imputation.figures["imputation_scores"]

# %% [markdown]
# The mean of the column, the usual choice, is the worst: it puts the mouth of every face in the same place. Regression on
# the other points is several times better, because points move together.

# %%
imputation.figures["imputation_examples"]

# %% [markdown]
# Still, no method adds what the picture could tell. This package therefore does not impute: a missing label has no loss.
#
# ## Correlations
#
# Which points move together?

# %%
analyse(faces, "correlation").figures["correlation_A"]

# %% [markdown]
# Points of one part of the face nearly move as one. The y coordinates on the left and on the right move together when a
# face is shifted, but against each other when it is tilted.
#
# ## Repeats
#
# Some images occur more than once, labelled anew each time. That shows how exactly people label, and it is a trap:
# a network must not be validated on an image that it was trained on. So all repeats of an image are in one fold.

# %%
repeats = analyse(faces, "repeats", EdaConfig(gallery_faces=6))
repeats.figures["repeats"]

# %%
repeats.figures["repeats_gallery"]

# %% [markdown]
# ## Wrong labels
#
# A label can be compared with where the other points of the same face say it should be. These are the faces with the
# most surprising labels.

# %%
analyse(faces, "plausibility", EdaConfig(gallery_faces=6)).figures["plausibility"]

# %% [markdown]
# Swapped sides and displaced points come first, then faces that are only unusual. The next notebook finds wrong labels
# with the help of a network, which also sees the picture.
#
# ## Heat maps
#
# Some networks are not trained on coordinates but on heat maps: a blob at each point. How wide should it be?

# %%
analyse(faces, "heat_maps").figures["heat_maps"]

# %% [markdown]
# ## Augmentation
#
# A training never sees the same picture twice: each time, a face is mirrored, turned, scaled, shifted and lit anew, and
# the labels move with the picture. Each row shows one of the changes alone, the last row all of them.

# %%
draw_augmentation(faces[:1], AugmentConfig())

# %% [markdown]
# The mirror image is where most code goes wrong. x becomes 95 - x, not 96 - x, because pixels count from 0; and the left
# eye of the mirror image is the right eye of the person, so the labels of the two sides change places.
#
# Next: [2_training.ipynb](2_training.ipynb) trains and compares networks on these faces.
