/** The networks, as onnxruntime-web runs them: the twins of inference/detector.py and photo/chip_networks.py. */

import * as ort from "./onnxruntime.js";
import { cutChip } from "./chips.js";
import { CHIPS, DETECTION } from "./constants.js";
import { unpack } from "./parts.js";
import { invert, transformPoints } from "./similarity.js";

const THREADS = 1; // more need headers that a file does not have

let ready = null;

/** A session for the network in a part of the page, or in several, whose bytes are joined. */
export async function openSession(...parts) {
  ready ??= unpack("runtime").then((binary) => {
    Object.assign(ort.env.wasm, { wasmBinary: binary.buffer, numThreads: THREADS });
  });
  await ready;
  const model = new Blob(await Promise.all(parts.map(unpack)));
  return ort.InferenceSession.create(await model.arrayBuffer(), { executionProviders: ["wasm"] });
}

const bytes = (chips, side) => {
  const data = new Uint8Array(chips.length * side * side);
  chips.forEach((chip, index) => data.set(chip, index * side * side));
  return new ort.Tensor("uint8", data, [chips.length, side, side]);
};

/** `[logit, face]` in rows of eight numbers. */
function* rowsOf({ data }) {
  for (let at = 0; at < data.length; at += 8) {
    yield { logit: data[at], face: [...data.subarray(at + 1, at + 8)] };
  }
}

/** An exported face detector, whose two stages are in one file. */
export class Detector {
  static async open(part) {
    return Object.assign(new Detector(), { session: await openSession(part) });
  }

  /** What the first stage proposes in a grey picture: `{ logit, face }`. */
  async search({ data, width, height }) {
    const { proposals } = await this.session.run({
      images: new ort.Tensor("uint8", data, [1, height, width]),
      chips: bytes([], DETECTION.chip),
      logits: new ort.Tensor("float32", new Float32Array(), [0]),
    }, ["proposals"]);
    return [...rowsOf(proposals)].filter(({ logit }) => logit >= DETECTION.minLogit);
  }

  /** What the second stage sees in chips: `{ logit, face }`, in their pixels. */
  async refine(chips, logits) {
    const { faces } = await this.session.run({
      images: new ort.Tensor("uint8", new Uint8Array(), [0, DETECTION.cell, DETECTION.cell]),
      chips: bytes(chips, DETECTION.chip),
      logits: new ort.Tensor("float32", Float32Array.from(logits), [chips.length]),
    }, ["faces"]);
    return [...rowsOf(faces)];
  }
}

/** An ensemble for keypoints: the mean of its networks' predictions. */
export class ChipNetworks {
  /** `parts` has the networks, the others are as in photo/chip_networks.py. */
  static async open({ parts, size, meanShape, convention }) {
    const sessions = await Promise.all(parts.map((part) => openSession(part)));
    return Object.assign(new ChipNetworks(), { sessions, size, meanShape, convention });
  }

  /** For each map from a grey picture to a chip, `[x, y, error]` of keypoints in the picture. */
  async predict(grey, maps) {
    const found = [];
    for (let start = 0; start < maps.length; start += CHIPS.batch) {
      found.push(...await this.#predictBatch(grey, maps.slice(start, start + CHIPS.batch)));
    }
    return found;
  }

  async #predictBatch(grey, maps) {
    const inputs = inputsOf(maps.map((map) => cutChip(grey, map, this.size)), this);
    const outputs = [];
    for (const session of this.sessions) {
      outputs.push((await session.run(inputs, ["keypoints"])).keypoints.data);
    }
    const count = 3 * this.meanShape.length;
    return maps.map((map, index) => {
      const mean = Array.from({ length: count }, (_, at) => (
        outputs.reduce((sum, data) => sum + data[index * count + at], 0) / outputs.length
      ));
      return toPicture(mean, map);
    });
  }
}

/** The inputs of a network for keypoints: chips, and the convention in which it predicts. */
export function inputsOf(chips, { size, convention }) {
  const conventions = new BigInt64Array(chips.length).fill(BigInt(convention));
  return { images: bytes(chips, size), convention: new ort.Tensor("int64", conventions, [chips.length]) };
}

/** Keypoints of a chip, x, y, error, x, ..., as `[x, y, error]` in pixels of the picture. */
function toPicture(values, map) {
  const back = invert(map);
  const scale = Math.hypot(back[0][0], back[1][0]);
  const triples = Array.from({ length: values.length / 3 }, (_, at) => values.slice(3 * at, 3 * at + 3));
  const points = transformPoints(back, triples);
  return points.map((point, at) => [...point, triples[at][2] * scale]);
}
