/** How a face is drawn over a picture: its box, its contours, its error circles and its keypoints. */

import { RIM, circle, fill, stroke } from "./pen.js";

/**
 * A place in a picture, whose pixel centres are whole numbers, on a canvas that shows the picture
 * from `x` and `y` on, so many times larger.
 */
export function onCanvas([placeX, placeY], { x, y, scale }) {
  return [(placeX + 0.5 - x) * scale, (placeY + 0.5 - y) * scale];
}

/**
 * Draw a face where `onCanvas` puts it: of `points`, `lines`, `boxes` and `errors` what `options`
 * says. The keypoint of the index `meant` is drawn larger.
 */
export function drawFace(pen, face, { scheme, options }, region, meant = null) {
  const places = face.keypoints.map((place) => onCanvas(place, region));
  const size = (face.box[2] - face.box[0]) * region.scale;
  const thin = Math.min(2, Math.max(1, size / 180));
  if (options.boxes) drawBox(pen, face, region, thin);
  if (options.lines) {
    for (const { keypoints, closed } of scheme.contours) {
      const path = new Path2D();
      keypoints.forEach((point, at) => path[at ? "lineTo" : "moveTo"](...places[point]));
      if (closed) path.closePath();
      stroke(pen, path, scheme.colours[keypoints[0]], thin);
    }
  }
  if (options.errors) {
    places.forEach(([x, y], point) => {
      const radius = scheme.within * face.errors[point] * region.scale;
      stroke(pen, circle(x, y, radius), scheme.colours[point], 1);
    });
  }
  const radius = Math.min(4.5, Math.max(1.25, size / (10 * Math.sqrt(places.length))));
  places.forEach(([x, y], point) => {
    if (!options.points && point !== meant) return;
    const bold = point === meant ? 2.5 : 0;
    fill(pen, circle(x, y, radius + 1 + bold), bold ? "#fff" : RIM);
    fill(pen, circle(x, y, radius + bold / 2), bold ? RIM : scheme.colours[point]);
  });
}

/** The box of a face, with its number. */
function drawBox(pen, { box, number }, region, thin) {
  const [x0, y0] = onCanvas([box[0] - 0.5, box[1] - 0.5], region);
  const [x1, y1] = onCanvas([box[2] - 0.5, box[3] - 0.5], region);
  const path = new Path2D();
  path.roundRect(x0, y0, x1 - x0, y1 - y0, 4);
  stroke(pen, path, "#fff", thin);
  pen.font = "600 13px system-ui, sans-serif";
  const label = String(number);
  const width = pen.measureText(label).width + 12;
  const top = y0 >= 22 ? y0 - 22 : y0 + 4;
  const plate = new Path2D();
  plate.roundRect(x0, top, width, 19, 4);
  fill(pen, plate, RIM);
  pen.fillStyle = "#fff";
  pen.fillText(label, x0 + 6, top + 14);
}
