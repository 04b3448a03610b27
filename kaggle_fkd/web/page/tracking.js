/** `Tracker`: the faces of a camera, from frame to frame. The twin of photo/video/tracking.py. */

import { TRACKING } from "./constants.js";
import { Smoother } from "./smoothing.js";

export class Tracker {
  constructor(finder, scheme) {
    Object.assign(this, { finder, scheme, smoother: new Smoother(scheme), frames: 0 });
  }

  /**
   * The faces of the next frame, a grey picture, with smoothed keypoints and numbers. `time` is the
   * frame's, in seconds from any moment.
   */
  async next(grey, time) {
    const known = this.smoother.remembered();
    let faces = await this.finder.track(grey, known, this.scheme);
    if (this.frames % TRACKING.searchEvery === 0 || faces.length < known.length) {
      faces = await this.finder.withOthers(grey, faces, this.scheme);
    }
    this.frames += 1;
    return this.smoother.smooth(faces, time);
  }
}
