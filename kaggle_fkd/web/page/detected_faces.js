/**
 * Faces as a detector sees them: seven numbers each, and their geometry.
 *
 * The twin of photo/detection/faces.py and of what photo/detection/proposals.py decides: x and y of
 * the centre, the size, x and y of the right and of the left eye of the person, in pixels.
 */

import { DETECTION } from "./constants.js";
import { determinant, meanPoint, similarity, transformPoints } from "./similarity.js";

const centre = ([x, y]) => [x, y]; // of a face, or of a keypoint with its error
const distance = ([x0, y0], [x1, y1]) => Math.hypot(x1 - x0, y1 - y0);

/** The face of iBUG's points, whose x and y may be followed by other numbers. */
export function faceOfPoints(points) {
  const [[x0, y0], [x1, y1]] = limits(points);
  const size = Math.sqrt((x1 - x0) * (y1 - y0));
  const eyes = fromIbug68(points, DETECTION.eyes).flatMap(centre);
  return [(x0 + x1) / 2, (y0 + y1) / 2, size, ...eyes];
}

/** The corners of the tight box of points. */
export function limits(points) {
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
  return [[Math.min(...xs), Math.min(...ys)], [Math.max(...xs), Math.max(...ys)]];
}

/**
 * For each keypoint, the mean of iBUG's points whose indices `sources` lists, and `below` it, in
 * distances between the outer eye corners.
 */
export function fromIbug68(points, { sources, below }) {
  const means = sources.map((indices) => meanPoint(indices.map((index) => points[index])));
  if (!below.length) return means;
  const [[rightX, rightY], [leftX, leftY]] = DETECTION.eyeCorners.map((corner) => points[corner]);
  return means.map(([x, y, ...others], keypoint) => [
    x - below[keypoint] * (leftY - rightY), y + below[keypoint] * (leftX - rightX), ...others,
  ]);
}

/** The image of a face under a similarity that is not a mirror image. */
export function transformFace(matrix, [x, y, size, ...eyes]) {
  const points = [[x, y], eyes.slice(0, 2), eyes.slice(2)];
  const [middle, right, left] = transformPoints(matrix, points);
  const newSize = Math.sqrt(Math.abs(determinant(matrix))) * size;
  return [...middle, newSize, ...right, ...left].map(Math.fround);
}

/** A face, rotated clockwise about its centre. */
export function rotatedFace([x, y, size, ...eyes], degrees) {
  const [cos, sin] = [Math.cos, Math.sin].map((of) => of((degrees * Math.PI) / 180));
  const rotated = [eyes.slice(0, 2), eyes.slice(2)].flatMap(([eyeX, eyeY]) => [
    x + cos * (eyeX - x) - sin * (eyeY - y), y + sin * (eyeX - x) + cos * (eyeY - y),
  ]);
  return [x, y, size, ...rotated].map(Math.fround);
}

/** The similarity that moves a face to `middle`, with that size, and its eyes side by side. */
export function uprightMap([x, y, size, rightX, rightY, leftX, leftY], middle, newSize) {
  const length = distance([rightX, rightY], [leftX, leftY]);
  const across = length ? [(leftX - rightX) / length, (leftY - rightY) / length] : [1, 0];
  const source = [[x, y], [x + across[0] * size, y + across[1] * size]];
  return similarity(source, [middle, [middle[0] + newSize, middle[1]]]);
}

/** Whether two faces are so near that they are taken for one. */
export function sameFace(first, second) {
  return distance(centre(first), centre(second))
    < DETECTION.nmsDistance * Math.max(first[2], second[2]);
}

/**
 * Those of a list that remain after non-maximum suppression, the best first, at most `maxCount`; `score`
 * and `face` give those of an element.
 */
export function nonMaximumSuppression(list, score, face, maxCount = Infinity) {
  const kept = [];
  for (const each of list.toSorted((one, other) => score(other) - score(one))) {
    if (kept.length >= maxCount) break;
    if (!kept.some((better) => sameFace(face(better), face(each)))) kept.push(each);
  }
  return kept;
}
