/** `applyFilter`: a filter on every face of a picture. The twin of photo/overlay/wear.py. */

import { windowAround } from "./boxes.js";
import { clamp } from "./chips.js";
import { WEAR } from "./constants.js";
import { chipsOf } from "./face.js";
import { bandOf } from "./picture.js";
import { findCamera, flattened, multiply, transpose } from "./pose.js";
import { determinant, invert, meanPoint, similarity, transformPoints } from "./similarity.js";
import { mean, percentile } from "./statistics.js";

const MARGIN = 3; // pixels around the artwork
const EDGES = Array.from({ length: 9 }, (_, step) => step / 8); // along it, where its outline is seen
const CHIP = 32; // pixels of the side of a face in which highlights are sought
const HIGHLIGHTS = 0.95; // the share of its pixels that are darker

/** A copy of a picture in which every face wears the filter `worn`; those higher up come first. */
export function applyFilter(picture, faces, scheme, worn) {
  const result = new ImageData(new Uint8ClampedArray(picture.data), picture.width, picture.height);
  const bands = [0, 1, 2].map((band) => bandOf(picture, band));
  const height = ({ keypoints }) => mean(keypoints.map(([, y]) => y));
  for (const face of faces.toSorted((one, other) => height(one) - height(other))) {
    blend(result, place(face, scheme, worn, picture), worn, lightOn(face, bands, scheme));
  }
  return result;
}

/**
 * `sheet`: where the artwork's sheet is in the picture, as in Python: (x, y) in head units is at
 * x across + x^2 bend + y down + shift; and `toArt`, the map from the sheet to the artwork's pixels.
 */
function place({ keypoints }, scheme, worn, { width, height }) {
  const anchors = worn.anchors[scheme.name];
  const onHead = anchors.map(([index]) => scheme.head[index]);
  const seen = anchors.map(([index]) => keypoints[index]);
  const view = flattened(findCamera(keypoints, scheme, width, height));
  const fit = similarity(multiply(onHead, transpose(view)), seen);
  let [across, down, back] = transpose(multiply(fit.map((row) => row.slice(0, 2)), view));
  const middle = meanPoint(onHead);
  let shift = plus(fit.map((row) => row[2]), back, worn.depth ?? middle[2]);
  if (worn.surroundsHead) {
    // Upright along the head, and as wide as it is from the front.
    const scale = Math.hypot(fit[0][0], fit[1][0]);
    const upright = times(down, scale / Math.max(Math.hypot(...down), 1e-9));
    shift = plus(plus(shift, down, middle[1]), upright, -middle[1]);
    [across, down] = [[upright[1], -upright[0]], upright];
  }
  const sheet = { across, down, bend: times(back, worn.bend), shift };
  return { sheet, toArt: similarity(onHead, anchors.map(([, pixel]) => pixel)) };
}

/** Blend the artwork into the picture itself. */
function blend(picture, { sheet, toArt }, worn, light) {
  const [x0, y0, x1, y1] = windowAround(picture, outlineOf(sheet, toArt, worn.art), MARGIN);
  // Artwork that is shown smaller is first averaged, so that its fine lines do not flicker.
  const scale = Math.sqrt(Math.abs(cross(sheet.across, sheet.down) / determinant(toArt)));
  const shrink = Math.max(1, Math.floor(1 / Math.max(scale, 1e-3)));
  const { layers, width, height } = premultiplied(worn, shrink);
  // From the centres of the artwork's pixels to those of the blocks, within a rim of one pixel.
  const [[a, b, c], [d, e, f]] = toArt.map((row) => row.map((value) => value / shrink));
  const rim = 0.5 / shrink + 0.5;
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const [onX, onY] = fromPicture(sheet, x, y);
      const column = a * onX + b * onY + c + rim, row = d * onX + e * onY + f + rim;
      // Not what the sheet does not reach, either: there both are NaN.
      if (!(column > 0 && row > 0 && column < width - 1 && row < height - 1)) continue;
      const left = Math.floor(column), top = Math.floor(row);
      const at = 4 * (top * width + left), below = at + 4 * width;
      const seen = (layer) => mix(
        mix(layers[at + layer], layers[at + 4 + layer], column - left),
        mix(layers[below + layer], layers[below + 4 + layer], column - left),
        row - top,
      );
      const alpha = seen(3);
      const pixel = 4 * (y * picture.width + x);
      for (let band = 0; band < 3; band++) {
        picture.data[pixel + band] = seen(band) * light[band] + (1 - alpha) * picture.data[pixel + band];
      }
    }
  }
}

/** Points on the sheet, in the picture, which surround the artwork. */
function outlineOf({ across, down, bend, shift }, toArt, { width, height }) {
  const onArt = EDGES.flatMap((x) => EDGES.map((y) => [x * (width + 1) - 1, y * (height + 1) - 1]));
  return transformPoints(invert(toArt), onArt).map(
    ([x, y]) => plus(plus(plus(shift, across, x), bend, x * x), down, y),
  );
}

/** The point of the sheet at a pixel of the picture; NaN for one that the sheet does not reach. */
function fromPicture({ across, down, bend, shift }, pixelX, pixelY) {
  const x = pixelX - shift[0], y = pixelY - shift[1];
  // The root on the near side, as in Python; it holds for a flat sheet, too.
  const quadratic = cross(bend, down), linear = cross(across, down);
  const beside = x * down[1] - y * down[0];
  const onX = 2 * beside / (linear + Math.sign(linear) * Math.sqrt(linear ** 2 + 4 * quadratic * beside));
  const restX = x - onX * across[0] - onX ** 2 * bend[0];
  const restY = y - onX * across[1] - onX ** 2 * bend[1];
  return [onX, (restX * down[0] + restY * down[1]) / (down[0] ** 2 + down[1] ** 2)];
}

/**
 * The means of blocks of the artwork, shrink x shrink, in a rim of one transparent pixel: `layers`,
 * colours 0..255 times alpha, and alpha 0..1. They are kept for the frames of a camera.
 */
function premultiplied(worn, shrink) {
  worn.layers ??= new Map();
  if (!worn.layers.has(shrink)) worn.layers.set(shrink, averaged(worn.art, shrink));
  return worn.layers.get(shrink);
}

function averaged(art, shrink) {
  const [width, height] = [art.width, art.height].map((side) => Math.ceil(side / shrink) + 2);
  const layers = new Float32Array(4 * width * height);
  for (let y = 0, from = 0; y < art.height; y++) {
    for (let x = 0; x < art.width; x++, from += 4) {
      const block = (Math.floor(y / shrink) + 1) * width + Math.floor(x / shrink) + 1;
      const share = art.data[from + 3] / 255 / shrink ** 2;
      for (let band = 0; band < 3; band++) layers[4 * block + band] += art.data[from + band] * share;
      layers[4 * block + 3] += share;
    }
  }
  return { layers, width, height };
}

/** The light on the artwork, 0.4..1 for each colour: by the highlights of the face, as in Python. */
function lightOn(face, bands, scheme) {
  return chipsOf(face, bands, scheme, CHIP).map((chip, band) => (
    clamp(percentile(chip, HIGHLIGHTS) / WEAR.daylight[band], WEAR.minLight, 1)
  ));
}

const mix = (first, second, share) => first + share * (second - first);
const cross = ([x0, y0], [x1, y1]) => x0 * y1 - y0 * x1;
const times = (vector, factor) => vector.map((each) => each * factor);
const plus = (vector, other, factor = 1) => vector.map((each, axis) => each + factor * other[axis]);
