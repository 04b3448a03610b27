/** `Finder`: from grey pictures to faces with their keypoints. The twin of photo/finder.py. */

import { boxOfKeypoints, faceInBox } from "./boxes.js";
import { lookAt } from "./cascade.js";
import { cutChip } from "./chips.js";
import { CASCADE, DETECTION, FINDER } from "./constants.js";
import { faceOfPoints, fromIbug68, nonMaximumSuppression, sameFace } from "./detected_faces.js";
import { detect, scoresOf } from "./detection.js";
import { uncertainty } from "./face.js";
import { ChipNetworks, Detector } from "./networks.js";
import { similarity } from "./similarity.js";

export class Finder {
  static async open() {
    const detector = await Detector.open(DETECTION.part);
    const cascade = await ChipNetworks.open(CASCADE.networks);
    const networks = FINDER.networks ? await ChipNetworks.open(FINDER.networks) : cascade;
    return Object.assign(new Finder(), { detector, cascade, networks });
  }

  /** The faces of a grey picture, the most confident first. */
  async detect(grey, scheme) {
    return withoutFalsePositives(await this.#faces(grey, await detect(this.detector, grey), scheme), scheme);
  }

  /** The faces of the next frame of a video, looked for where they were in the frame before. */
  async track(grey, before, scheme) {
    const places = before.map((face) => ({ face: placeOf(face, scheme) }));
    const now = await this.#faces(grey, places, scheme);
    const followed = now.filter(
      (face, index) => uncertainty(face) <= FINDER.lost * uncertainty(before[index]),
    );
    return withoutFalsePositives(followed, scheme);
  }

  /** The `known` faces of a grey picture, and those that the detector finds beside them. */
  async withOthers(grey, known, scheme) {
    const found = await detect(this.detector, grey);
    const others = found.filter(
      ({ face }) => !known.some((each) => sameFace(face, placeOf(each, scheme))),
    );
    return withoutFalsePositives([...known, ...await this.#faces(grey, others, scheme)], scheme);
  }

  /** A face for each place `{ face, score }` in a grey picture; without scores, they are found. */
  async #faces(grey, places, scheme) {
    if (!places.length) return [];
    const { points: ibug } = await lookAt(this.cascade, grey, places.map(({ face }) => face));
    const scores = places[0].score === undefined
      ? await scoresOf(this.detector, grey, ibug.map(faceOfPoints))
      : places.map(({ score }) => score);
    const predicted = await this.#inScheme(grey, ibug, scheme);
    return predicted.map((points, index) => ({
      box: boxOfKeypoints(ibug[index]),
      keypoints: points.map(([x, y]) => [x, y]),
      errors: points.map(([, , error]) => error),
      confidence: scores[index],
    }));
  }

  /** The `chip` of a face that the networks for keypoints are given, and the map to it. */
  async chipAndMap(grey, face, scheme) {
    const { points, maps } = await lookAt(this.cascade, grey, [placeOf(face, scheme)]);
    const [map] = this.networks === this.cascade ? maps : points.map((each) => this.#align(each));
    return { chip: cutChip(grey, map, this.networks.size), map };
  }

  /** `[x, y, error]` of the scheme's keypoints of faces, whose iBUG's points are known. */
  async #inScheme(grey, ibug, scheme) {
    const predicted = this.networks === this.cascade ? ibug
      : await this.networks.predict(grey, ibug.map((points) => this.#align(points)));
    if (scheme.points === this.networks.meanShape.length) return predicted;
    return predicted.map((points) => fromIbug68(points, scheme));
  }

  /** The map to the chip of the networks, by iBUG's points. */
  #align(points) {
    return similarity(fromIbug68(points, FINDER), this.networks.meanShape);
  }
}

/** Where a face is, as a detector would say it. */
function placeOf({ box, keypoints }, { eyeCorners }) {
  return faceInBox(box, eyeCorners.map((corner) => keypoints[corner]));
}

/** The faces that are not false positives, each once, the most confident first. */
function withoutFalsePositives(faces, scheme) {
  const sure = faces.filter(({ confidence }) => confidence >= DETECTION.minScore);
  return nonMaximumSuppression(sure, ({ confidence }) => confidence, (face) => placeOf(face, scheme));
}
