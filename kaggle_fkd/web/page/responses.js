/** `InspectedNetwork`: how a network responds to one face. The twin of inspection/responses.py. */

import { roundToEven } from "./chips.js";
import { RESPONSES } from "./constants.js";
import { inputsOf, openSession } from "./networks.js";
import { mean } from "./statistics.js";

export class InspectedNetwork {
  /** The first network of `ChipNetworks`. */
  static async open(networks) {
    const session = await openSession(...RESPONSES.parts);
    return Object.assign(new InspectedNetwork(), { session, networks });
  }

  /** `{ name, maps, height, width }` of each convolution: its output for a chip. */
  async featureMaps(chip) {
    const found = await this.#see(RESPONSES.convolutions.map(([, output]) => output), chip);
    return RESPONSES.convolutions.map(([name, output]) => {
      const { data, dims: [, count, height, width] } = found[output];
      return { name, maps: split(data, count), height, width };
    });
  }

  /** The weights of the cells of the network's grid for each keypoint; null without a grid. */
  async heatMaps(chip) {
    if (!RESPONSES.heatMaps) return null;
    const { data, dims } = (await this.#see([RESPONSES.heatMaps], chip))[RESPONSES.heatMaps];
    const [keypoints, cells] = dims.slice(-2);
    const ofAllHeads = dims.length > 3;
    const head = ofAllHeads ? Math.min(this.networks.convention, RESPONSES.heads - 1) : 0;
    return split(data, data.length / cells).slice(head * keypoints, (head + 1) * keypoints);
  }

  /**
   * How far the mean of keypoints moves, in pixels, when the face is covered around each pixel of
   * the chip: by squares side by side, a row of which is computed at a time.
   */
  async saliency(chip, keypoints, signal) {
    const { size } = this.networks;
    const side = Math.max(1, Math.floor(size / RESPONSES.patch));
    const places = Array.from({ length: Math.ceil(size / side) }, (_, step) => step * side);
    const grey = roundToEven(mean(chip));
    const [[fromX, fromY]] = await this.#meansOf([chip], keypoints);
    const moved = new Float32Array(size * size);
    for (const y of places) {
      const covered = places.map((x) => coveredChip(chip, size, x, y, side, grey));
      const means = await this.#meansOf(covered, keypoints);
      means.forEach(([toX, toY], index) => (
        cover(moved, size, places[index], y, side, Math.hypot(toX - fromX, toY - fromY))
      ));
      await new Promise((done) => { setTimeout(done); }); // the page remains usable
      signal?.throwIfAborted();
    }
    return moved;
  }

  /** For each chip the mean of some of its keypoints, in its pixels. */
  async #meansOf(chips, keypoints) {
    const [session] = this.networks.sessions;
    const { keypoints: found } = await session.run(inputsOf(chips, this.networks), ["keypoints"]);
    return split(found.data, chips.length).map(
      (data) => [0, 1].map((axis) => mean(keypoints.map((point) => data[3 * point + axis]))),
    );
  }

  #see(names, chip) {
    return this.session.run(inputsOf([chip], this.networks), names);
  }
}

/** The parts of an array that has `count` of the same length. */
function split(data, count) {
  const length = data.length / count;
  return Array.from({ length: count }, (_, at) => data.subarray(at * length, (at + 1) * length));
}

function coveredChip(chip, size, x, y, side, grey) {
  const covered = chip.slice();
  cover(covered, size, x, y, side, grey);
  return covered;
}

/** Set the pixels of a square to a value. */
function cover(pixels, size, x, y, side, value) {
  for (let row = y; row < Math.min(y + side, size); row++) {
    pixels.fill(value, row * size + x, row * size + Math.min(x + side, size));
  }
}
