/** `Cascade`: from faces, as a detector gives them, to iBUG's points. The twin of photo/cascade.py. */

import { CASCADE } from "./constants.js";
import { faceOfPoints, uprightMap } from "./detected_faces.js";
import { similarity, transformPoints } from "./similarity.js";

/** iBUG's points, `[x, y, error]` in pixels of a grey picture, of each face, by chip networks. */
export async function ibug68(networks, grey, faces) {
  const [x, y, size] = faceOfPoints(networks.meanShape);
  const maps = faces.map((face) => uprightMap(face, [x, y], size));
  const predicted = await networks.predict(grey, maps);
  const aligned = predicted.map((points) => similarity(points, networks.meanShape));
  const again = faces.map((_, index) => index).filter((index) => (
    needsAnotherLook(predicted[index], maps[index], aligned[index], networks.size)
  ));
  const better = await networks.predict(grey, again.map((index) => aligned[index]));
  again.forEach((index, at) => { predicted[index] = better[at]; });
  return predicted;
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

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
