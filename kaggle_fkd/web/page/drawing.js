/** Pictures with keypoints or a filter drawn on them. The twin of web/drawing.py. */

import { DRAWING } from "./constants.js";
import { drawFace } from "./face_drawing.js";
import { openFilter } from "./filter.js";
import { isJpeg } from "./picture.js";
import { applyFilter } from "./wear.js";

const SIDE = 1000; // CSS pixels: marks are as on a screen that shows the longer side as long
const OPTIONS = { points: true, lines: true, boxes: true };

/** The file of a picture, an ImageData of `blob`, drawn on: as a JPEG if that is one, else a PNG. */
export async function drawn(blob, picture, faces, scheme, filter) {
  const plain = filter === DRAWING.keypoints;
  const pen = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
  pen.putImageData(plain ? picture : await withFilter(picture, faces, scheme, filter), 0, 0);
  if (plain) drawFaces(pen, faces, scheme);
  const type = await isJpeg(blob) ? "image/jpeg" : "image/png";
  return pen.canvas.convertToBlob({ type, quality: DRAWING.quality });
}

/** A copy of a picture in which every face wears the filter of that name. */
export async function withFilter(picture, faces, scheme, filter) {
  return applyFilter(picture, faces, scheme, await openFilter(filter));
}

function drawFaces(pen, faces, scheme) {
  const larger = Math.max(pen.canvas.width, pen.canvas.height) / SIDE;
  pen.scale(larger, larger);
  const region = { x: 0, y: 0, scale: 1 / larger };
  faces.forEach((face) => drawFace(pen, face, { scheme, options: OPTIONS }, region));
}
