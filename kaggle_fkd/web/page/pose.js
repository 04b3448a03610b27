/** The pose of a head, by the keypoints of a face. The twin of photo/head_model.py. */

import { similarity } from "./similarity.js";

const STEPS = 20; // of the least squares, as many as OpenCV's
const DAMPING = 1e-3; // of the first step, as a share of the diagonal

/** `{ pitch, yaw, roll }` in degrees, of a camera that sees a head. */
export function poseOf({ rotation, translation }) {
  const turned = multiply(transpose(lineOfSight(translation)), rotation);
  return {
    pitch: -degrees(Math.atan2(turned[2][1], turned[2][2])),
    yaw: -degrees(Math.asin(Math.min(Math.max(-turned[2][0], -1), 1))),
    roll: degrees(Math.atan2(turned[1][0], turned[0][0])),
  };
}

/** 2 x 3, a camera's linear approximation near the head, up to scale (weak perspective). */
export function flattened({ rotation, translation: [x, y, z] }) {
  return [x / z, y / z].map((slant, axis) => (
    rotation[axis].map((value, at) => value - slant * rotation[2][at])
  ));
}

/**
 * The camera that sees the generic head's points at `keypoints`, in a picture of that size:
 * Levenberg-Marquardt's least squares, without the jaw's points.
 */
export function findCamera(keypoints, { head: points, rigid }, width, height) {
  const [seen, head] = [keypoints, points].map((all) => rigid.map((index) => all[index]));
  const focal = width, centre = [(width - 1) / 2, (height - 1) / 2];
  const project = (camera) => head.map((point) => {
    const [x, y, z] = inCamera(camera, point);
    return [focal * x / z + centre[0], focal * y / z + centre[1]];
  });
  const away = (camera) => project(camera).flatMap(([x, y], at) => [seen[at][0] - x, seen[at][1] - y]);
  const power = (values) => values.reduce((sum, value) => sum + value * value, 0);
  let camera = facing(seen, head, focal, centre);
  let residuals = away(camera);
  let damping = DAMPING;
  for (let step = 0; step < STEPS; step++) {
    const slopes = head.flatMap((point) => slopesOf(camera, point, focal));
    const normal = Array.from({ length: 6 }, (_, i) => Array.from({ length: 6 }, (_, j) => (
      slopes.reduce((sum, slope) => sum + slope[i] * slope[j], 0) * (i === j ? 1 + damping : 1)
    )));
    const right = normal.map((_, i) => slopes.reduce((sum, slope, at) => sum + slope[i] * residuals[at], 0));
    const change = solve(normal, right);
    const next = {
      rotation: multiply(rotationBy(change.slice(0, 3)), camera.rotation),
      translation: camera.translation.map((place, axis) => place + change[3 + axis]),
    };
    const nextResiduals = away(next);
    if (power(nextResiduals) < power(residuals)) {
      [camera, residuals, damping] = [next, nextResiduals, damping / 10];
    } else {
      damping *= 10;
    }
  }
  return camera;
}

/** A head that faces the camera, at the position, size and tilt of the seen one. */
function facing(seen, head, focal, centre) {
  const [[a, , x], [b, , y]] = similarity(head, seen);
  const distance = focal / Math.hypot(a, b);
  const translation = [(x - centre[0]) / focal, (y - centre[1]) / focal, 1].map((each) => each * distance);
  return { rotation: rotationBy([0, 0, Math.atan2(b, a)]), translation };
}

function inCamera({ rotation, translation }, point) {
  return rotation.map((row, axis) => dot(row, point) + translation[axis]);
}

/** The derivatives of a point's x and y by a further turn about three axes, and by a shift. */
function slopesOf(camera, point, focal) {
  const [x, y, z] = inCamera(camera, point);
  const [u, v, w] = camera.rotation.map((row) => dot(row, point));
  return [[focal / z, 0, -focal * x / z ** 2], [0, focal / z, -focal * y / z ** 2]].map(
    ([dx, dy, dz]) => [dz * v - dy * w, dx * w - dz * u, dy * u - dx * v, dx, dy, dz],
  );
}

/** The smallest rotation of the camera's axis to the direction of a position. */
function lineOfSight(position) {
  const [x, y, z] = position.map((each) => each / Math.hypot(...position));
  const sine = Math.hypot(x, y);
  const angle = Math.atan2(sine, z) / Math.max(sine, 1e-12);
  return rotationBy([-y * angle, x * angle, 0]);
}

/** The rotation about the direction of a vector, by its length (Rodrigues). */
function rotationBy(vector) {
  const angle = Math.hypot(...vector);
  const [x, y, z] = vector.map((each) => each / Math.max(angle, 1e-12));
  const cosine = Math.cos(angle), sine = Math.sin(angle), rest = 1 - cosine;
  return [
    [cosine + x * x * rest, x * y * rest - z * sine, x * z * rest + y * sine],
    [y * x * rest + z * sine, cosine + y * y * rest, y * z * rest - x * sine],
    [z * x * rest - y * sine, z * y * rest + x * sine, cosine + z * z * rest],
  ];
}

/** The solution of symmetric, positive definite equations, by Gauss's elimination. */
function solve(matrix, right) {
  const rows = matrix.map((row, index) => [...row, right[index]]);
  rows.forEach((row, pivot) => rows.forEach((other, index) => {
    if (index === pivot) return;
    const factor = other[pivot] / row[pivot];
    for (let column = pivot; column < other.length; column++) other[column] -= factor * row[column];
  }));
  return rows.map((row, index) => row.at(-1) / row[index]);
}

const dot = (first, second) => first.reduce((sum, value, at) => sum + value * second[at], 0);
export const transpose = (matrix) => matrix[0].map((_, column) => matrix.map((row) => row[column]));
const degrees = (angle) => angle * 180 / Math.PI;

export function multiply(first, second) {
  const columns = transpose(second);
  return first.map((row) => columns.map((column) => dot(row, column)));
}
