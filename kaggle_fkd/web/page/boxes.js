/** Bounding boxes of faces, [x0, y0, x1, y1], the latter two exclusive. The twin of imaging/boxes.py. */

import { clamp } from "./chips.js";
import { BOXES } from "./constants.js";
import { limits } from "./detected_faces.js";

/** The box of a face: the tight box of its keypoints, expanded. */
export function boxOfKeypoints(keypoints) {
  const [[x0, y0], [x1, y1]] = limits(keypoints);
  const across = BOXES.margin * (x1 - x0), along = BOXES.margin * (y1 - y0);
  return [x0 - across, y0 - along, x1 + across, y1 + along].map((edge) => edge + 0.5);
}

/** The face, seven numbers, in a box of `boxOfKeypoints`, with its right and its left eye. */
export function faceInBox([x0, y0, x1, y1], eyes) {
  const share = 1 + 2 * BOXES.margin;
  const size = Math.sqrt((x1 - x0) * (y1 - y0)) / share;
  return [(x0 + x1 - 1) / 2, (y0 + y1 - 1) / 2, size, ...eyes.flat()];
}

/** The intersection over union (IoU) of two boxes. */
export function boxOverlap(first, second) {
  const side = (low, high) => Math.max(0, Math.min(first[high], second[high]) - Math.max(first[low], second[low]));
  const both = side(0, 2) * side(1, 3);
  return both / (area(first) + area(second) - both);
}

/** Around points, by `margin` pixels more: the window of a picture, whole numbers in it. */
export function windowAround({ width, height }, points, margin) {
  const [low, high] = limits(points);
  const most = [width, height];
  return [
    ...low.map((edge, axis) => clamp(Math.floor(edge - margin), 0, most[axis])),
    ...high.map((edge, axis) => clamp(Math.ceil(edge + margin), 0, most[axis])),
  ];
}

const area = ([x0, y0, x1, y1]) => (x1 - x0) * (y1 - y0);
