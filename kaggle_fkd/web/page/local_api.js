/** What `api.js` asks a server for, answered in the page. */

import { cocoDocument } from "./coco.js";
import { ABOUT } from "./constants.js";
import { asRecord, round } from "./face.js";
import { Finder } from "./finder.js";
import { unpack } from "./parts.js";
import { readGrey } from "./picture.js";
import { Refusal, refusalOf } from "./refusal.js";
import { faceTable, formatPts } from "./tables.js";
import { Tracker } from "./tracking.js";

export { Refusal, refusalOf };

export const GONE = new Refusal("the networks do not answer", "load the page again");

let opening = null; // the networks, which are opened once

const finder = () => opening ??= Finder.open();
const schemeOf = ({ points }) => ABOUT.schemes.find((scheme) => scheme.names.length === Number(points));

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
  const start = performance.now();
  const grey = await greyOf(picture);
  const scheme = schemeOf(query);
  const found = await (await finder()).detect(grey, scheme);
  signal?.throwIfAborted();
  const numbered = found.map((face, index) => ({ ...face, number: index + 1 }));
  return { input: picture.name, ...recordOf(grey, numbered, scheme), milliseconds: since(start) };
}

/** The faces of a picture in a file of some format; a .pts file has one face. */
export async function facesAs(format, picture, query, face) {
  const record = await faces(picture, query);
  const file = {
    json: () => JSON.stringify(record),
    csv: () => faceTable(record),
    coco: () => JSON.stringify(cocoDocument(record, schemeOf(query).category)),
    pts: () => formatPts(record.faces.find(({ number }) => number === face).keypoints),
  }[format];
  return new Blob([file()]);
}

/** Pictures that the browser cannot show, of which a server makes a drawing, are refused. */
export function drawing({ name }) {
  throw unreadable(name);
}

/** Filters are not offered. */
export const thumbnail = () => "data:,";

/** What takes the frames of a camera, and answers like a websocket. */
export function openLive(query) {
  return new Live(schemeOf(query));
}

class Live {
  constructor(scheme) {
    this.scheme = scheme;
    finder().then((opened) => {
      this.tracker = new Tracker(opened, scheme);
      this.onopen?.();
    });
  }

  async send(blob) {
    const start = performance.now();
    try {
      const grey = await readGrey(blob);
      const record = recordOf(grey, await this.tracker.next(grey), this.scheme);
      this.onmessage?.({ data: JSON.stringify({ ...record, milliseconds: since(start) }) });
    } catch {
      this.onclose?.();
    }
  }

  close() {}
}

const since = (start) => round(performance.now() - start, 1);

async function greyOf({ blob, name }) {
  const grey = await readGrey(blob);
  if (!grey) throw unreadable(name);
  return grey;
}

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
