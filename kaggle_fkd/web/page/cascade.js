/** `Cascade`: from faces, as a detector gives them, to iBUG's points. The twin of photo/cascade.py. */

import { CASCADE } from "./constants.js";
import { faceOfPoints, uprightMap } from "./detected_faces.js";
import { determinant, similarity, transformPoints } from "./similarity.js";
import { mean } from "./statistics.js";

/**
 * Of each face in a grey picture, by chip networks: `points`, iBUG's, `[x, y, error]` in its pixels,
 * and `maps` to the chips of the last look at each.
 */
export async function lookAt(networks, grey, faces) {
  const [x, y, size] = faceOfPoints(networks.meanShape);
  const maps = faces.map((face) => uprightMap(face, [x, y], size));
  const points = await networks.predict(grey, maps);
  const aligned = points.map((each) => similarity(each, networks.meanShape));
  const again = faces.map((_, index) => index).filter((index) => (
    needsAnotherLook(points[index], maps[index], aligned[index], networks.size)
  ));
  const second = await networks.predict(grey, again.map((index) => aligned[index]));
  again.forEach((index, at) => {
    const closer = determinant(aligned[index]) > CASCADE.closer ** 2 * determinant(maps[index]);
    points[index] = closer ? second[at] : meanOf(points[index], second[at]);
    maps[index] = aligned[index];
  });
  return { points, maps };
}

/** The keypoints in the middle between those of two looks, with the mean of their errors. */
function meanOf(first, second) {
  return first.map((point, index) => point.map((value, at) => (value + second[index][at]) / 2));
}

/** Whether keypoints are far from those of an aligned face, but certain enough to align it. */
function needsAnotherLook(points, map, aligned, size) {
  const there = transformPoints(map, points);
  const moved = transformPoints(aligned, points).map(
    ([x, y], index) => Math.hypot(x - there[index][0], y - there[index][1]),
  );
  const errors = points.map(([, , error]) => error);
  return mean(moved) > CASCADE.far * size
    && mean(errors) <= CASCADE.certain * faceOfPoints(points)[2];
}
