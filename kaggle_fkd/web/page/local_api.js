/** What `api.js` asks a server for, answered in the page. */

import { cocoDocument } from "./coco.js";
import { ABOUT } from "./constants.js";
import { drawn, withFilter } from "./drawing.js";
import { asRecord, round } from "./face.js";
import { Finder } from "./finder.js";
import { lookInside } from "./local_inside.js";
import { unpack } from "./parts.js";
import { greyOf, readPicture } from "./picture.js";
import { Refusal, refusalOf } from "./refusal.js";
import { faceTable, formatPts } from "./tables.js";
import { Tracker } from "./tracking.js";

export { Refusal, refusalOf };

export const GONE = new Refusal("the networks do not answer", "load the page again");

let opening = null; // the networks, which are opened once
let latest = null; // the picture that was looked at last, as { blob, points, look }

const finder = () => opening ??= Finder.open();
const schemeOf = ({ points }) => ABOUT.schemes.find((scheme) => scheme.names.length === Number(points));

/** What is found in a picture, which is remembered: its files and drawings are asked for later. */
function looked(picture, query) {
  const { blob } = picture;
  if (latest?.blob !== blob || latest.points !== query.points) {
    latest = { blob, points: query.points, look: look(picture, schemeOf(query)) };
  }
  return latest.look;
}

/** A picture `{ blob, name }` as ImageData, and its faces: `{ image, found, milliseconds }`. */
async function look({ blob, name }, scheme) {
  const start = performance.now();
  const image = await readPicture(blob);
  if (!image) throw unreadable(name);
  const found = await (await finder()).detect(greyOf(image), scheme);
  const numbered = found.map((face, index) => ({ ...face, number: index + 1 }));
  return { image, found: numbered, milliseconds: since(start) };
}

/** What the networks give, as soon as they are open. */
export async function about() {
  await finder();
  return ABOUT;
}

export async function example() {
  return { blob: new Blob([await unpack("example")], { type: "image/png" }), name: "astronaut.png" };
}

/** The faces of a picture, `{ blob, name }`. */
export async function faces(picture, query, signal) {
  const { image, found, milliseconds } = await looked(picture, query);
  signal?.throwIfAborted();
  return { input: picture.name, ...recordOf(image, found, schemeOf(query)), milliseconds };
}

/** The faces of a picture in a file of some format; a .pts file has one face. */
export async function facesAs(format, picture, query, face) {
  const record = await faces(picture, query);
  const { found } = await looked(picture, query);
  const file = {
    json: () => JSON.stringify(record),
    csv: () => faceTable(record),
    coco: () => JSON.stringify(cocoDocument(record, schemeOf(query).category)),
    pts: () => formatPts(found.find(({ number }) => number === face).keypoints),
  }[format];
  return new Blob([file()]);
}

/** The picture with a filter or with "keypoints" drawn on it. */
export async function drawing(picture, query, filter, signal) {
  const { image, found } = await looked(picture, query);
  signal?.throwIfAborted();
  return drawn(picture.blob, image, found, schemeOf(query), filter);
}

/** What the network sees in a face, for a keypoint: `image`, and what it shows. */
export async function inside(picture, query, signal) {
  const { image, found } = await looked(picture, query);
  const face = found.find(({ number }) => number === query.face);
  const subject = { picture: image, face, scheme: schemeOf(query) };
  return lookInside(await finder(), subject, query, signal);
}

/** The address of the thumbnail of a filter. */
export const thumbnail = (filter, query) => schemeOf(query).thumbnails[filter];

/** What takes the frames of a camera, and answers like a websocket. */
export function openLive(query, filter) {
  return new Live(schemeOf(query), filter);
}

class Live {
  constructor(scheme, filter) {
    Object.assign(this, { scheme, filter });
    finder().then((opened) => {
      this.tracker = new Tracker(opened, scheme);
      this.onopen?.();
    });
  }

  async send(blob) {
    const start = performance.now();
    try {
      const frame = await readPicture(blob);
      const found = await this.tracker.next(greyOf(frame), start / 1000);
      const drawn = this.filter && await withFilter(frame, found, this.scheme, this.filter);
      const record = recordOf(frame, found, this.scheme);
      this.onmessage?.({ data: JSON.stringify({ ...record, milliseconds: since(start) }) });
      if (drawn) this.onmessage?.({ data: drawn });
    } catch {
      this.onclose?.();
    }
  }

  close() {}
}

const since = (start) => round(performance.now() - start, 1);

function recordOf({ width, height }, found, scheme) {
  return {
    width, height, scheme: scheme.name, names: scheme.names,
    faces: found.map((face) => asRecord(face, scheme, width, height)),
  };
}

function unreadable(name) {
  return new Refusal(
    `${name} is not a picture that this browser can read`, "give a JPEG, a PNG or a WebP file",
  );
}
