"""The keypoints of one face in a picture, with ONNX Runtime and without kaggle_fkd.

    pip install numpy pillow onnxruntime
    python keypoints.py points.onnx photo.jpg 150 60 300 230 faces.png

The network is a file that `kaggle-fkd export` wrote. The box x0 y0 x1 y1 is the face's, from any
face detector or by hand: the tight box of its keypoints, expanded by 10 % on each side. Its edges
are counted from the picture's corner, so that 0 0 100 50 are the first 100 columns and 50 rows.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageDraw, ImageOps


def find_keypoints(
    session: onnxruntime.InferenceSession, picture: Image.Image, box: list[float]
) -> dict[str, tuple[float, float, float]]:
    """x, y and expected error of each keypoint by its name, in pixels of the picture.

    The centres of pixels have integer coordinates: 0 is the centre of the first.
    """
    facts = session.get_modelmeta().custom_metadata_map
    if facts.get("task") != "keypoints":
        raise SystemExit("the file is not a keypoint network that `kaggle-fkd export` wrote")
    names = json.loads(facts["names"])
    size = np.array([int(facts["width"]), int(facts["height"])])

    # The network expects the face's box at a certain place of its input, the chip. The chip is a
    # window of the picture in which the box has the same centre, and the same share of the area;
    # a pixel of the chip is `scale` pixels of the picture wide and high.
    low, high = np.reshape(box, (2, 2))
    chip_low, chip_high = np.reshape(json.loads(facts["box"]), (2, 2))
    scale = math.sqrt(np.prod(high - low) / np.prod(chip_high - chip_low))
    corner = (low + high) / 2 - scale * (chip_low + chip_high) / 2

    # The chip's outermost pixels are interpolated from pixels outside of the window, too. Where
    # the picture ends, its border is repeated, as in the network's training.
    reach = max(scale, 1)
    first = np.floor(corner - reach).astype(int)
    end = np.ceil(corner + scale * size + reach).astype(int)
    columns, rows = (
        np.arange(first[axis], end[axis]).clip(0, picture.size[axis] - 1) for axis in (0, 1)
    )
    grey = np.asarray(picture.convert("L"))  # 0.299 R + 0.587 G + 0.114 B
    window = (*(corner - first), *(corner - first + scale * size))
    # Unlike `transform`, `resize` averages the pixels of a face that is larger than the chip, so
    # that fine detail does not alias.
    chip = Image.fromarray(grey[np.ix_(rows, columns)]).resize(
        tuple(size), Image.Resampling.BILINEAR, window
    )

    feeds = {"images": np.asarray(chip)[None], "convention": np.zeros(1, np.int64)}
    predicted = session.run(["keypoints"], feeds)[0][0]
    # The centre of the chip's first pixel is half a pixel of the chip from its edge.
    places = corner + (predicted[:, :2] + 0.5) * scale - 0.5
    numbers = np.column_stack([places, predicted[:, 2] * scale]).round(2).tolist()
    return {name: (x, y, error) for name, (x, y, error) in zip(names, numbers, strict=True)}


def main() -> None:
    """Print the keypoints, one a line, and draw them with circles as large as their errors."""
    parser = argparse.ArgumentParser(description="The keypoints of one face in a picture.")
    parser.add_argument("network", help="the ONNX file")
    parser.add_argument("picture")
    parser.add_argument("box", nargs=4, type=float, help="the face's x0 y0 x1 y1")
    parser.add_argument("drawing", nargs="?", help="the picture with the keypoints is written here")
    args = parser.parse_args()
    if args.box[2] <= args.box[0] or args.box[3] <= args.box[1]:
        parser.error("the box is empty: x1 must be greater than x0, and y1 than y0")

    for file in (args.network, args.picture):
        if not Path(file).is_file():
            parser.error(f"there is no file {file}")
    stored = Image.open(args.picture)
    if stored.mode.startswith(("I", "F")):
        parser.error(f"{args.picture} has more than 8 bits: convert it first")
    # Phones store how they were held beside the pixels.
    picture = ImageOps.exif_transpose(stored).convert("RGB")
    session = onnxruntime.InferenceSession(args.network, providers=["CPUExecutionProvider"])
    keypoints = find_keypoints(session, picture, args.box)
    for name, (x, y, error) in keypoints.items():
        print(json.dumps({"name": name, "x": x, "y": y, "error": error}))

    if args.drawing:
        draw = ImageDraw.Draw(picture)
        draw.rectangle(args.box, outline="white")
        for x, y, error in keypoints.values():
            draw.circle((x, y), max(error, 1), outline="lime")
        picture.save(args.drawing)


if __name__ == "__main__":
    main()
