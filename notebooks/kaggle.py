# %% [markdown]
# # Facial keypoints: from the data to a submission
#
# This notebook is for Kaggle's competition
# [Facial Keypoints Detection](https://www.kaggle.com/competitions/facial-keypoints-detection): 15 points of a face in a grey
# picture of 96 x 96 pixels. It looks at the data, trains networks, scores them out of fold, and writes `submission.csv`.
#
# **On Kaggle**
#
# 1. Create a notebook, and choose *File > Import notebook*.
# 2. *Add Input*: the competition, whose rules you have accepted. It is found wherever Kaggle mounts it.
# 3. *Accelerator*: a GPU, such as T4 x2. Without one everything works, but takes hours.
# 4. The package comes from one of these:
#
# | internet | how |
# |---|---|
# | off | upload a clone of the repository as a data set, and add it as an input: it is found and used as it is |
# | off | or upload the wheel that `pip wheel --no-deps .` makes, and activate the first line below |
# | on | activate the second line below, with the address of the repository |
#
# Nothing else needs to be installed: Kaggle's image has the libraries. (`kaggle-fkd kernel --yes` does all of this from your
# own machine instead: it sends a script that carries the package.)
#
# **Elsewhere** it runs on sample faces, which the package draws itself, and says so.

# %%
# # %pip install --quiet --no-index --no-deps /kaggle/input/kaggle-fkd/kaggle_fkd-0.3.0-py3-none-any.whl
# # %pip install --quiet --no-deps git+https://github.com/NAME/kaggle_fkd

# %matplotlib inline
import glob
import sys
import tempfile
from pathlib import Path

# The clone that this notebook is in, or a data set with a clone.
sys.path[:0] = ["..", *glob.glob("/kaggle/input/**/kaggle_fkd/..", recursive=True)]

import pandas as pd

from kaggle_fkd import check_submission, cross_validate, predict, train, write_submission
from kaggle_fkd.competition.eda.report import analyse
from kaggle_fkd.competition.sample.competition import competition_or_sample
from kaggle_fkd.config import AugmentConfig, EdaConfig
from kaggle_fkd.evaluation.audit import audit
from kaggle_fkd.evaluation.scores import score_figure, score_table
from kaggle_fkd.evaluation.worst_faces import audit_gallery
from kaggle_fkd.figures.learning_curve import learning_curve
from kaggle_fkd.figures.predictions import prediction_gallery
from kaggle_fkd.inspection.augmentation import draw_augmentation
from kaggle_fkd.inspection.comparison import compare_members

WORK = Path(tempfile.mkdtemp())
competition = competition_or_sample(WORK / "data")
faces, test = competition.train, competition.test
print(f"{len(faces)} training faces, {len(test)} test faces, {len(competition.lookup)} answers")

# %% [markdown]
# ## Faces at random
#
# There are two kinds of rows, which were labelled by different rules. In convention A, up to 15 points are marked, in
# convention B four, two of which have the same name but another meaning: B's `nose_tip` is the base of the nose, and its
# bottom lip the centre of the mouth.

# %%
examples = analyse(faces, "gallery", EdaConfig(gallery_faces=6))
examples.figures["gallery_A"]

# %%
examples.figures["gallery_B"]

# %% [markdown]
# ## Missing labels

# %%
missing = analyse(faces, "missing")
missing.figures["missing"]

# %%
missing.figures["label_patterns"]

# %% [markdown]
# Most empty cells are not gaps: nobody was asked to mark these points. So do not drop those rows, and do not fill them in.
# They are two thirds of Kaggle's labelled faces.
#
# ## Where the points are

# %%
locations = analyse(faces, "locations")
locations.figures["histograms"]

# %%
locations.tables["mean_positions"].round(1)

# %%
locations.figures["locations"]

# %%
analyse(faces, "correlation").figures["correlation_B"]

# %% [markdown]
# ## Repeated images and wrong labels
#
# Some images occur several times, so folds must keep them together. Some labels are wrong: sides are swapped, or a point
# is far from where the others say that it should be.

# %%
analyse(faces, "repeats").figures["repeats"]

# %%
analyse(faces, "plausibility", EdaConfig(gallery_faces=6)).figures["plausibility"]

# %% [markdown]
# ## Augmentation
#
# In each epoch, every face is mirrored, rotated, scaled, shifted and lit anew. A mirror image maps x to 95 - x, and swaps
# the labels of the left and the right side.

# %%
draw_augmentation(faces[:1], AugmentConfig())

# %% [markdown]
# ## Training
#
# One trunk, with a head for each convention, and a loss over the labels that exist. On Kaggle's faces, five networks are
# trained completely, each on four fifths of the faces. On sample faces, they are three LeNets of a few epochs.

# %%
RECIPES = {
    False: {"train.folds": 5},  # Kaggle's faces
    True: {  # sample faces
        "train.model": "lenet",
        "train.lr": 2e-3,
        "train.epochs": 12,
        "train.batch_size": 32,
        "train.folds": 3,
    },
}
settings = RECIPES[competition.is_sample]

run = train(faces, settings, runs_dir=WORK / "runs", device="auto")
learning_curve(run.member(0).read_metrics(), run.config.train.model)

# %% [markdown]
# ## Out of fold
#
# Every face is predicted by the network that has never seen it, nor a repeat of it.

# %%
unseen = cross_validate(run, faces, device="auto")
compare_members(run)

# %%
scores = score_table(unseen[..., :2], faces)
scores.query("keypoint == 'all'").round(3)

# %% [markdown]
# The RMSE in pixels, with a 95 % bootstrap interval (`low`, `high`), over all labels and of each convention. It ranks
# methods on these faces. Kaggle's test faces are a different mix, so do not expect the same number on the leaderboard.

# %%
score_figure(scores, "Out-of-fold RMSE by keypoint")

# %% [markdown]
# These labels (dots) are contradicted most by the predictions (crosses, with the errors that the networks expect).

# %%
audit_gallery(unseen, faces, audit(unseen, faces).head(12))

# %% [markdown]
# ## The test faces
#
# The networks are averaged, each over six versions of a face: three scales, each also mirrored.

# %%
predicted = predict(run, test, device="auto")
prediction_gallery(test, predicted, "Predicted test faces")

# %% [markdown]
# ## Submission
#
# Only the coordinates of the lookup table are asked for. The file is checked as it is written, and lies in the working
# folder, where Kaggle looks for it: *Save Version*, then *Submit to Competition*.

# %%
write_submission("submission.csv", competition.lookup, predicted)
check_submission("submission.csv", competition.lookup)
pd.read_csv("submission.csv").head()
