// The keypoints of one face in a picture, with ONNX Runtime in the browser.

import * as ort from "onnxruntime-web/wasm";

// More threads need a page that is isolated from other origins, by two headers that a plain file
// server does not send.
ort.env.wasm.numThreads = 1;

/**
 * The network in a file that `kaggle-fkd export` wrote.
 * @param {Uint8Array} bytes the content of the file
 */
export async function openNetwork(bytes) {
  const facts = readMetadata(bytes);
  if (facts.task !== "keypoints") {
    throw new Error("The file is not a keypoint network that `kaggle-fkd export` wrote.");
  }
  return {
    session: await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] }),
    names: JSON.parse(facts.names),
    width: Number(facts.width),
    height: Number(facts.height),
    box: JSON.parse(facts.box),
  };
}

/**
 * The name, x, y and expected error of each keypoint, in pixels of the picture. The centres of
 * pixels have integer coordinates: 0 is the centre of the first.
 * @param network what `openNetwork` gave
 * @param {ImageData} image the picture
 * @param {number[]} box x0, y0, x1, y1 of the face: the tight box of its keypoints, expanded by
 * 10 % on each side. Its edges are counted from the picture's corner; it may extend beyond it.
 */
export async function keypoints(network, image, box) {
  // The network expects the face's box at a certain place of its input, the chip. The chip is a
  // window of the picture in which the box has the same centre, and the same share of the area;
  // a pixel of the chip is `scale` pixels of the picture wide and high.
  const scale = Math.sqrt(areaOf(box) / areaOf(network.box));
  const [x, y] = centreOf(box), [chipX, chipY] = centreOf(network.box);
  const left = x - scale * chipX, top = y - scale * chipY;

  const { width, height } = network;
  const chip = cutChip(image, left, top, scale, width, height);
  const { keypoints: predicted } = await network.session.run({
    images: new ort.Tensor("uint8", chip, [1, height, width]),
    convention: new ort.Tensor("int64", BigInt64Array.of(0n), [1]),
  });
  // The centre of the chip's first pixel is half a pixel of the chip from its edge.
  return network.names.map((name, index) => {
    const [x, y, error] = predicted.data.subarray(3 * index);
    return {
      name,
      x: left + (x + 0.5) * scale - 0.5,
      y: top + (y + 0.5) * scale - 0.5,
      error: error * scale,
    };
  });
}

/**
 * Grey values of the window of a picture that starts at `left` and `top`. A canvas could scale it,
 * but how it interpolates, and whether it averages where a picture shrinks, differs from browser
 * to browser.
 */
function cutChip(image, left, top, scale, width, height) {
  const { data } = image; // red, green, blue and alpha of each pixel
  const greyAt = (column, row) => {
    const at = 4 * (row * image.width + column);
    return Math.round(0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2]);
  };
  const lines = new Map(); // rows of the picture, resampled when they are first needed
  const lineOf = (row) => {
    if (!lines.has(row)) {
      const value = (column) => greyAt(column, row);
      lines.set(row, resample(value, image.width, left, scale, width));
    }
    return lines.get(row);
  };
  const chip = new Uint8Array(width * height);
  for (let column = 0; column < width; column++) {
    const value = (row) => lineOf(row)[column];
    const values = resample(value, image.height, top, scale, height);
    values.forEach((each, row) => { chip[row * width + column] = each; });
  }
  return chip;
}

/**
 * `count` pixels, each `scale` pixels of a line wide, from `start` on. Bilinear; a line that
 * shrinks is averaged, so that fine detail does not alias. The weights, and the rounding, are those
 * of Pillow's `resize`. Outside of the line, which has `length` pixels, its border is repeated, as
 * in the network's training.
 */
function resample(value, length, start, scale, count) {
  const reach = Math.max(scale, 1);
  return Uint8ClampedArray.from({ length: count }, (_, index) => {
    const centre = start + (index + 0.5) * scale - 0.5;
    let sum = 0, weights = 0;
    for (let place = Math.ceil(centre - reach); place <= centre + reach; place++) {
      const weight = 1 - Math.abs(place - centre) / reach;
      sum += weight * value(Math.min(Math.max(place, 0), length - 1));
      weights += weight;
    }
    return sum / weights;
  });
}

/**
 * The metadata of an ONNX file, which onnxruntime-web does not give: pairs of strings, each in a
 * field 14 (`metadata_props`) of the file's protocol buffer.
 */
function readMetadata(bytes) {
  const pairs = fieldsOf(bytes).filter(([field]) => field === 14);
  const text = new TextDecoder();
  return Object.fromEntries(
    pairs.map(([, pair]) => fieldsOf(pair).map(([, string]) => text.decode(string))),
  );
}

/** [number, bytes] of each string or message in a protocol buffer; its numbers are skipped. */
function fieldsOf(bytes) {
  const fields = [];
  let at = 0;
  const readNumber = () => {
    let number = 0;
    for (let factor = 1; ; factor *= 128) { // 7 bits a byte, the lowest first
      const byte = bytes[at++];
      number += (byte & 127) * factor;
      if (!(byte & 128)) return number;
    }
  };
  while (at < bytes.length) {
    const tag = readNumber(), type = tag % 8;
    const number = readNumber();
    if (type === 2) {
      fields.push([Math.floor(tag / 8), bytes.subarray(at, at + number)]);
      at += number;
    } else if (type !== 0) {
      throw new Error("The file is not an ONNX network.");
    }
  }
  return fields;
}

const areaOf = ([x0, y0, x1, y1]) => (x1 - x0) * (y1 - y0);
const centreOf = ([x0, y0, x1, y1]) => [(x0 + x1) / 2, (y0 + y1) / 2];
