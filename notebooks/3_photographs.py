# %% [markdown]
# # 3. Photographs
#
# `FaceKeypoints` finds the faces of any photograph and 68 points of each, with two small networks that come with the
# package. It needs neither training nor a GPU nor the network, and not even torch. All cells of this notebook run in half
# a minute.

# %%
# %matplotlib inline
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path.cwd().parent))  # for a package that is not installed

import numpy as np
import pandas as pd
from PIL import Image, ImageFilter

from kaggle_fkd import FaceKeypoints
from kaggle_fkd.imaging.picture import read_picture
from kaggle_fkd.inspection.keypoint_map import index_figure
from kaggle_fkd.inspection.photographs import detection_gallery, face_gallery, measurements
from kaggle_fkd.photo.annotator import Annotator
from kaggle_fkd.photo.coco import coco_document
from kaggle_fkd.photo.overlay.filter import get_filter
from kaggle_fkd.photo.overlay.wear import apply_filter

OUTPUT = Path(tempfile.mkdtemp())

# %% [markdown]
# ## From a picture to a face
#
# A picture is a file, an array or a Pillow picture. The name `"astronaut"` stands for a built-in one: Eileen Collins,
# photographed by NASA. Put the path of your own instead.

# %%
PICTURE = "astronaut"

finder = FaceKeypoints()
faces = finder.detect(PICTURE)
face = faces[0]
faces

# %%
picture = read_picture(PICTURE)
detection_gallery([picture], [faces], columns=1, width=6)

# %% [markdown]
# The face itself, closer. Each part has a colour of its own, and each point a fixed place: look at the eyelids and at the
# inner edge of the lips.

# %%
Image.fromarray(finder.draw(face.chip(360), finder.detect(face.chip(360)), boxes=False))

# %% [markdown]
# ## The 68 points
#
# They are those of iBUG's 300-W, counted from 0. Left and right are the subject's, so the right eye is on the left.

# %%
index_figure()

# %% [markdown]
# Points are found by name or number, and parts of the face by the beginning of the names.

# %%
print("the tip of the nose:", face["nose_tip"].round(1), "is point 30:", face[30].round(1))
pd.DataFrame(face.region("left_eye"), columns=["x", "y"]).round(1)

# %% [markdown]
# `points=15` gives the competition's 15 keypoints of the same photograph instead.

# %%
face_gallery(FaceKeypoints(points=15).detect(PICTURE), ["Kaggle's 15 points"])

# %% [markdown]
# ## How sure is it?
#
# Each keypoint comes with its expected error in pixels. The circles have twice that radius: 19 of 20 points are within
# them. Here is the same face as it is, out of focus, behind a mask and in the dark. Above each face is the mean expected
# error, as a share of the face's size.

# %%
pictures = [
    picture,
    np.array(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(6))),
    apply_filter(picture, faces, get_filter("mask")),
    picture // 8,
]
found = finder.detect_many(pictures)
same_face = [found[0][0], found[1][0], found[2][0], found[3][0]]
uncertainty = measurements(same_face)["uncertainty"]
face_gallery(same_face, uncertainty.map("{:.1%}".format), errors=True)

# %% [markdown]
# The network says for itself that a blurred mouth is anywhere in the middle of the face, and that it guesses the brows
# behind the mask. The dark does not matter. `face.uncertain` marks the points to be left out: those whose expected error
# is more than a twentieth of the face's size. Drawings show them hollow.

# %%
blurred = same_face[1]
pd.Series(blurred.uncertain, index=blurred.scheme.group_by_keypoint).groupby(level=0).mean()

# %% [markdown]
# ## Small faces
#
# The head of the same photograph with fewer and fewer pixels. The size of a face is the side of a square as large as the
# box of its points.

# %%
head = Image.fromarray(picture[:240, 110:350])
small = [
    np.array(head.resize((120, 120))),
    np.array(head.resize((60, 60))),
    np.array(head.resize((30, 30))),
    np.array(head.resize((14, 14))),
]
detection_gallery(small, finder.detect_many(small), columns=4)

# %% [markdown]
# A face of 11 pixels is found, though its keypoints are little more than a guess; one of 5 is not. Many faces go through
# the network together: of 32, each takes about 60 % of the time of one alone.

# %%
crowd = np.tile(np.array(head.resize((80, 80))), (3, 8, 1))
detection_gallery([crowd], [finder.detect(crowd)], columns=1, width=10)

# %% [markdown]
# ## Rotated faces
#
# The detector finds faces of any roll, and turns them upright for the second network.

# %%
rotated = [
    np.array(Image.fromarray(picture).rotate(60)),
    np.array(Image.fromarray(picture).rotate(120)),
    np.array(Image.fromarray(picture).rotate(180)),
    np.array(Image.fromarray(picture).rotate(240)),
    np.array(Image.fromarray(picture).rotate(270)),
    np.array(Image.fromarray(picture).rotate(300)),
]
detected = finder.detect_many(rotated)
detection_gallery(rotated, detected)

# %% [markdown]
# How sure the networks are of the first, and how far it is rotated, in degrees:

# %%
measurements(detected[0])[["confidence", "uncertainty", "size", "roll"]].round(3)

# %% [markdown]
# ## Files
#
# `Annotator` is what `kaggle-fkd photo` uses: it draws a picture and writes JSON, CSV and iBUG's `.pts`.

# %%
annotator = Annotator(finder, OUTPUT, json=True, csv=True, pts=True)
record = annotator.annotate(Path(PICTURE), "portrait")
sorted(os.listdir(OUTPUT))

# %%
pd.Series(record["faces"][0]).drop(["names", "keypoints", "errors"])

# %%
pd.read_csv(OUTPUT / "portrait.csv").T.head(10).round(2)

# %% [markdown]
# For labelling tools such as CVAT and FiftyOne, there is COCO. `v` is 2 for a visible point and 1 for an uncertain one.

# %%
coco = coco_document([record], finder.scheme)
pd.Series(coco["annotations"][0]).drop("keypoints")

# %% [markdown]
# On the command line, all of this is `kaggle-fkd photo FILE --json --csv --pts --coco`.
#
# Next: [4_uses.ipynb](4_uses.ipynb) puts the points to use.
