/** What is said of a face `{ number, box, keypoints, errors, confidence }`. The twin of photo/face.py. */

import { boxOfKeypoints } from "./boxes.js";
import { cutChip } from "./chips.js";
import { limits } from "./detected_faces.js";
import { findCamera, poseOf } from "./pose.js";
import { similarity } from "./similarity.js";
import { mean } from "./statistics.js";

/** The mean expected error of its keypoints, as a share of its size. */
export function uncertainty({ keypoints, errors }) {
  const [[x0, y0], [x1, y1]] = limits(keypoints);
  return mean(errors) / Math.max(Math.sqrt((x1 - x0) * (y1 - y0)), 1e-6);
}

/** The face, upright and centred, size x size, of each of the grey pictures `bands`. */
export function chipsOf({ keypoints }, bands, { head }, size) {
  const [x0, y0, x1, y1] = boxOfKeypoints(head).map((edge) => edge - 0.5);
  const scale = size / Math.max(x1 - x0, y1 - y0);
  const target = head.map(([x, y]) => [x - (x0 + x1) / 2, y - (y0 + y1) / 2].map(
    (place) => scale * place + (size - 1) / 2,
  ));
  const toChip = similarity(keypoints, target);
  return bands.map((band) => cutChip(band, toChip, size));
}

/** The face as JSON has it, in a picture of that size. */
export function asRecord(face, scheme, width, height) {
  const record = {
    number: face.number,
    box: face.box.map((edge) => round(edge, 2)),
    confidence: round(face.confidence, 3),
    scheme: scheme.name,
    names: scheme.names,
    keypoints: face.keypoints.map((point) => point.map((place) => round(place, 2))),
    errors: face.errors.map((error) => round(error, 2)),
  };
  if (scheme.rigid) {
    record.pose = rounded(poseOf(findCamera(face.keypoints, scheme, width, height)), 1);
  }
  if (scheme.eyelids.length) {
    const [right, left] = scheme.eyelids.map((lids) => aspectRatio(lids.map((lid) => face.keypoints[lid])));
    record.eye_aspect_ratio = rounded({ right, left }, 3);
  }
  return record;
}

/** The height of an eye over its width. */
function aspectRatio([corner, upper, upperToo, otherCorner, lowerToo, lower]) {
  const heights = distance(upper, lower) + distance(upperToo, lowerToo);
  const width = distance(corner, otherCorner);
  return width ? heights / (2 * width) : 0;
}

const distance = ([x0, y0], [x1, y1]) => Math.hypot(x1 - x0, y1 - y0);
export const round = (value, digits) => Math.round(value * 10 ** digits) / 10 ** digits;

function rounded(values, digits) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, round(value, digits)]));
}
