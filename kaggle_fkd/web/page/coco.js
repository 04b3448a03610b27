/** The faces of a picture as COCO keypoints: the twin of photo/coco.py and keypoints/coco.py. */

import { COCO } from "./constants.js";
import { limits } from "./detected_faces.js";
import { round } from "./face.js";

/** COCO's document of a record, whose keypoints are in the `category` of their scheme. */
export function cocoDocument({ input, width, height, faces }, category) {
  return {
    images: [{ id: 1, file_name: input, width, height }],
    annotations: faces.map((face, index) => (
      { id: index + 1, image_id: 1, category_id: category.id, ...annotation(face) }
    )),
    categories: [category],
  };
}

function annotation({ keypoints, errors, box: [x0, y0, x1, y1], confidence }) {
  const [low, high] = limits(keypoints);
  const most = COCO.uncertain * Math.sqrt((high[0] - low[0]) * (high[1] - low[1]));
  return {
    keypoints: keypoints.flatMap((point, index) => [
      ...point.map((place) => round(place + COCO.centre, 2)),
      errors[index] > most ? COCO.hidden : COCO.visible,
    ]),
    num_keypoints: keypoints.length,
    bbox: [x0, y0, x1 - x0, y1 - y0].map((value) => round(value, 2)),
    area: round((x1 - x0) * (y1 - y0), 2),
    iscrowd: 0,
    score: confidence,
  };
}
