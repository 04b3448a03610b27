# %% [markdown]
# # 4. Uses
#
# What are keypoints good for? Filters, the pose of a head, eyes that are open or shut, aligned faces, tracking in videos.
# All of it works on the photograph that comes with the package and on drawn faces, in a quarter of a minute.

# %%
# %matplotlib inline
import sys
import tempfile
from itertools import chain
from pathlib import Path

sys.path.insert(0, str(Path.cwd().parent))  # for a package that is not installed

import numpy as np
import pandas as pd
from PIL import Image

from kaggle_fkd import DetectedFace, FaceKeypoints
from kaggle_fkd.competition.sample.photograph import sample_faces
from kaggle_fkd.figures.pictures import picture_gallery
from kaggle_fkd.imaging.picture import read_picture
from kaggle_fkd.inspection.photographs import face_gallery, measurements
from kaggle_fkd.photo.annotator import Annotator
from kaggle_fkd.photo.overlay.filter import get_filter
from kaggle_fkd.photo.overlay.wear import apply_filter
from kaggle_fkd.photo.video.encode import write_video
from kaggle_fkd.photo.video.frames import open_video
from kaggle_fkd.photo.video.panning import panned_frames

OUTPUT = Path(tempfile.mkdtemp())
finder = FaceKeypoints()
picture = read_picture("astronaut")
portrait = picture[:250, 100:350]

# %% [markdown]
# ## Filters
#
# A filter is a PNG, and a JSON file that says which of its pixels belong on which keypoints. It is bent around the head,
# and follows its size, tilt and pose.

# %%
faces = finder.detect(portrait)
filtered = [
    apply_filter(portrait, faces, get_filter("sunglasses")),
    apply_filter(portrait, faces, get_filter("hat")),
    apply_filter(portrait, faces, get_filter("moustache")),
    apply_filter(portrait, faces, get_filter("mask")),
]
picture_gallery(filtered, ["sunglasses", "hat", "moustache", "mask"])

# %% [markdown]
# [docs/photographs.md](../docs/photographs.md#filters) says how to make your own. On the command line:
# `kaggle-fkd photo FILE --filter hat`.
#
# ## A hundred faces
#
# The rest needs faces that look in different directions. The package can draw some; the networks, which have only seen
# photographs, find nearly all of them.

# %%
drawn = sample_faces(100, seed=0)
found = pd.Series(list(chain(*finder.detect_many(list(drawn.images)))))
numbers = measurements(found)
numbers.describe().loc[["count", "min", "50%", "max"]].round(2)

# %% [markdown]
# ## The pose of a head
#
# A generic head is fitted to the points, which gives pitch (up), yaw (to the picture's right) and roll (clockwise) in
# degrees. These eight are spread evenly from left to right. The blue axis is where the nose points.

# %%
turned = numbers["yaw"].sort_values().index[::14]
face_gallery(found[turned], numbers["yaw"][turned].map("yaw {:.0f} degrees".format), pose=True)

# %% [markdown]
# ## Eyes open or shut
#
# The *eye aspect ratio* is the height of an eye over its width: about 0.3 if it is open, below 0.2 if it is shut. In a
# video of a driver, a blink is a few frames, and sleep is many. These are the faces with the lowest and the highest ones.
# (Behind dark glasses it is a guess.)

# %%
numbers["eyes"] = numbers[["right_eye", "left_eye"]].mean(axis=1)
extremes = numbers["eyes"].sort_values().index[[0, 1, 2, 3, -4, -3, -2, -1]]
face_gallery(found[extremes], numbers["eyes"][extremes].map("{:.2f}".format))

# %%
axes = numbers["eyes"].plot.hist(
    bins=30, figsize=(6, 3), xlabel="eye aspect ratio", ylabel="faces", edgecolor="white"
)

# %% [markdown]
# ## Aligned faces
#
# `face.chip()` cuts a face out upright, centred and to scale, however it was photographed. That is what recognition,
# classifiers of emotion, and most other networks for faces want as their input.

# %%
leaning = [
    np.array(Image.fromarray(picture).rotate(45)),
    np.array(Image.fromarray(picture).rotate(-105)),
    np.array(Image.fromarray(picture).resize((300, 300)).rotate(180)),
]
chips = list(map(DetectedFace.chip, chain(*finder.detect_many(leaning))))
picture_gallery([*leaning, *chips], ["picture"] * 3 + ["chip"] * len(chips), columns=3)

# %% [markdown]
# How much alignment does is seen in the mean of a hundred faces: of the pictures as they are, and of their chips.

# %%
mean_picture = drawn.images.mean(axis=0)
mean_chip = np.mean(list(map(DetectedFace.chip, found)), axis=0)
picture_gallery(
    [mean_picture.astype(np.uint8), mean_chip.astype(np.uint8)], ["not aligned", "aligned"]
)

# %% [markdown]
# ## Videos
#
# Videos need PyAV (`pip install av`). A camera that moves over the photograph makes one here; put the path of your own
# instead.

# %%
clip = OUTPUT / "clip.mp4"
write_video(clip, panned_frames(picture, (0, 0, 512, 384), (120, 20, 320, 170)), rate=12)
annotator = Annotator(finder, OUTPUT, csv=True)
record = annotator.annotate(clip, "clip")
annotated, times = zip(*open_video(OUTPUT / "clip_keypoints.mp4").frames(), strict=True)
picture_gallery(annotated[::6], pd.Series(times[::6]).map("{:.1f} s".format))

# %% [markdown]
# A face is looked for where it was in the frame before, keeps its number, and its points are smoothed over time. The table
# has a row for each face in each frame, in the columns of OpenFace. This is the way of the tip of the nose:

# %%
table = pd.read_csv(OUTPUT / "clip.csv")
nose = table.rename(columns={"x_30": "to the right", "y_30": "down"})
axes = nose.plot(
    "timestamp", ["to the right", "down"], style=["-", "--"], figsize=(6, 3),
    xlabel="seconds", ylabel="nose tip, in pixels",
)  # fmt: skip

# %% [markdown]
# ## And more
#
# - **Labelling**: `kaggle-fkd photo FOLDER --coco` labels a folder of pictures for a person to correct, and
#   `kaggle-fkd train --points 68 --train-on FOLDER` trains on the corrected ones ([docs/data.md](../docs/data.md)).
# - **Other programs**: `kaggle-fkd export` writes a network as one ONNX file, for browsers, phones and C++
#   ([examples](../examples/README.md)).
# - **The competition**: [kaggle.ipynb](kaggle.ipynb) goes from Kaggle's files to a submission.
