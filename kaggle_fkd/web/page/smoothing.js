/** `Smoother`: the faces of a camera over time, without jitter. The twin of photo/video/smoothing.py. */

import { boxOverlap } from "./boxes.js";
import { TRACKING } from "./constants.js";
import { similarity } from "./similarity.js";

/** The one-euro filter (Casiez, Roussel and Vogel 2012) on each keypoint of each face. */
export class Smoother {
  constructor(scheme) {
    Object.assign(this, { scheme, tracks: [], numbers: 0 });
  }

  /**
   * The faces of the next frame, with smoothed keypoints and boxes, and the numbers they keep. `time`
   * is the frame's, in seconds from any moment.
   */
  smooth(faces, time) {
    const before = this.#matching(faces);
    const now = faces.map((face, index) => this.#follow(face, before[index], time));
    const remembered = this.tracks.filter(
      (track) => !before.includes(track) && time - track.time < TRACKING.patience,
    );
    this.tracks = [...now, ...remembered];
    return now.map(({ face, smooth }) => ({
      ...face, keypoints: smooth.slice(0, -2), box: smooth.slice(-2).flat(),
    }));
  }

  /** The faces of the frames of a moment, as they were last measured. */
  remembered() {
    return this.tracks.map(({ face }) => face);
  }

  /** For each face the track that it continues, if any; the largest overlaps are taken first. */
  #matching(faces) {
    const pairs = faces.flatMap((face, index) => this.tracks.map((track) => (
      { index, track, overlap: boxOverlap(face.box, track.face.box) }
    )));
    const matches = faces.map(() => undefined);
    for (const { index, track, overlap } of pairs.sort((one, other) => other.overlap - one.overlap)) {
      if (overlap >= TRACKING.minIou && !matches[index] && !matches.includes(track)) matches[index] = track;
    }
    return matches;
  }

  #follow(face, before, time) {
    // The corners of the box are smoothed like two more keypoints.
    const [x0, y0, x1, y1] = face.box;
    const measured = [...face.keypoints, [x0, y0], [x1, y1]];
    if (!before) {
      this.numbers += 1;
      const still = measured.map(() => [0, 0]);
      return { face: { ...face, number: this.numbers }, measured, smooth: measured, speed: still, time };
    }
    const interval = Math.max(time - before.time, TRACKING.minInterval);
    const [[a], [b]] = similarity(this.scheme.head, face.keypoints);
    const unit = Math.max(Math.hypot(a, b), 1e-6);
    const track = { face: { ...face, number: before.face.number }, measured, smooth: [], speed: [], time };
    measured.forEach((point, at) => {
      const doubt = Math.max(1, (face.errors[at] ?? 0) / (TRACKING.usualError * unit));
      const speed = before.speed[at].map((old, axis) => {
        const seen = (point[axis] - before.measured[at][axis]) / (interval * unit);
        return old + weight(TRACKING.speedCutoff, interval) * (seen - old);
      });
      const cutoff = (TRACKING.minCutoff + TRACKING.beta * Math.hypot(...speed)) / doubt;
      const lag = before.smooth[at].map(
        (old, axis) => (1 - weight(cutoff, interval)) * (old - point[axis]),
      );
      const share = Math.min(1, TRACKING.maxLag * unit / Math.max(Math.hypot(...lag), 1e-9));
      track.speed.push(speed);
      track.smooth.push(point.map((place, axis) => place + share * lag[axis]));
    });
    return track;
  }
}

/** The weight of a new value in a low-pass filter of that cut-off. */
const weight = (cutoff, interval) => 1 / (1 + 1 / (2 * Math.PI * cutoff * interval));
