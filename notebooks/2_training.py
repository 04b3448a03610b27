# %% [markdown]
# # 2. Training
#
# This notebook trains the classic networks of the competition's tutorials beside the package's own, compares them on
# faces that they have not seen, and looks inside. The trainings are very short, eight epochs on a small number of sample
# faces, so that all cells run in two to three minutes on two cores: they show how it is done, not how good each network
# can be. [results/](../results/README.md) has the figures of complete trainings.

# %%
# %matplotlib inline
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path.cwd().parent))  # for a package that is not installed

from kaggle_fkd import FaceKeypoints, cross_validate
from kaggle_fkd.competition.sample.competition import competition_or_sample
from kaggle_fkd.evaluation.audit import audit
from kaggle_fkd.evaluation.expected_errors import expected_error_figure, expected_error_table
from kaggle_fkd.evaluation.scores import score_figure, score_table
from kaggle_fkd.evaluation.worst_faces import audit_gallery
from kaggle_fkd.experiment import train_each
from kaggle_fkd.figures.learning_curve import learning_curve
from kaggle_fkd.inference.pretrained import POINTS68
from kaggle_fkd.inspection.comparison import compare_runs, network_table, score_comparison
from kaggle_fkd.inspection.face import FaceInspection
from kaggle_fkd.inspection.responses import InspectedNetwork

competition = competition_or_sample("../data")
faces = competition.train
RUNS = Path(tempfile.mkdtemp())

# %% [markdown]
# ## The networks
#
# LeNet-5 and the "CNN" are the classics of this competition, NaimishNet is from a paper on it, and the five convolutions are
# the usual project of a course, without and with batch normalisation. `gridnet` is ours: a residual trunk, and a coarse
# grid of cells that vote for each keypoint.

# %%
SETTINGS = {"train.lr": 2e-3, "train.batch_size": 32, "train.epochs": 8, "train.folds": 4}
MODELS = ["lenet", "cnn", "naimishnet", "fiveconv", "fiveconv_bn", "gridnet"]

runs = train_each(faces, MODELS, SETTINGS, runs_dir=RUNS)
network_table(runs["lenet"].shape, MODELS).round(1)

# %% [markdown]
# Each training is a *run*: a folder with the settings, the weights and a table of the epochs. Here it holds out a quarter of
# the faces, on which it is validated after every epoch. `kaggle-fkd settings` lists all settings.
#
# ## Who learns fastest?

# %%
compare_runs(runs)

# %%
score_comparison(runs).round(2)

# %% [markdown]
# The RMSE is in pixels of the 96 x 96 pictures, over all labels that were held out. Batch normalisation pays after eight
# epochs already, and so does the grid. A complete training, on more faces, gives the table in
# [docs/results.md](../docs/results.md).
#
# The learning curve of one training has more: the training faces, which are augmented, and each convention by itself. Much
# of the error in A is a single held-out face whose sides are swapped, as happens in Kaggle's data. No network can or
# should learn that. We will find it below.

# %%
learning_curve(runs["gridnet"].member(0).read_metrics(), "gridnet")

# %% [markdown]
# ## Out of fold
#
# One held-out quarter is few faces. `cross_validate` trains a network for each of the four folds, and predicts every face
# by the one that has never seen it.

# %%
unseen = cross_validate(runs["lenet"], faces)
scores = score_table(unseen[..., :2], faces)
scores.query("keypoint == 'all'").round(2)

# %% [markdown]
# `low` and `high` are the ends of a 95 % bootstrap interval: differences that are smaller than it mean nothing.

# %%
score_figure(scores, "LeNet, out of fold")

# %% [markdown]
# ## Expected errors
#
# Every network also predicts how far off each keypoint will be. On faces it has not seen, keypoints with a larger expected
# error do have larger errors.

# %%
expected_error_figure(expected_error_table(unseen, faces))

# %% [markdown]
# ## Whose fault is it?
#
# Where an error is much larger than expected, the label may be wrong rather than the prediction. The *audit* ranks the
# faces by that. Dots are labels, crosses are predictions, and circles expected errors.

# %%
audit_gallery(unseen, faces, audit(unseen, faces).head(12))

# %% [markdown]
# Even a LeNet of eight epochs puts swapped sides and a displaced point first. Further down the labels are right, and the
# faces are merely hard for it: an audit is as good as its network.
#
# ## Looking inside
#
# The filters of the first layer, and what each makes of a face. After such a short training they are still close to the
# random ones they began with.

# %%
FaceInspection.from_run(runs["lenet"], faces.images[0]).filters()

# %% [markdown]
# The package's network for photographs was trained for 220 epochs on thousands of real faces. Its filters have become
# edges, spots and gradients.

# %%
finder = FaceKeypoints()
astronaut = finder.detect("astronaut")[0]
inside = FaceInspection(InspectedNetwork(POINTS68), finder.chip(astronaut), "the package's network")
inside.filters()

# %% [markdown]
# Deeper layers respond to larger parts of the face, on coarser maps.

# %%
inside.features()

# %% [markdown]
# The last maps are weights over the grid: where does the network look for each keypoint?

# %%
inside.heat_maps(inside.scheme.nose_tip)

# %% [markdown]
# And on which parts of the face does the tip of the nose depend? Each part is covered in turn.

# %%
inside.saliency(inside.scheme.nose_tip)

# %% [markdown]
# Next: [3_photographs.ipynb](3_photographs.ipynb) uses this network on photographs.
