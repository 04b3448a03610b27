/** The picture on its canvas, with what was found in it, and a tip at the keypoint that is meant. */

import { drawFace, onCanvas } from "./face_drawing.js";
import { inWords } from "./text.js";

const REACH = 12; // CSS pixels from which a keypoint is hit
const MIN_HEIGHT = 280; // CSS pixels of the canvas
const BESIDE = 310; // CSS pixels of the window that the title, the buttons and the filters take

export class View {
  /**
   * `onPoint` is told in words which keypoint was reached by the keyboard, `onPick` the
   * `{ face, point }` that was clicked, or chosen by Enter (`byKey`).
   */
  constructor(frame, canvas, tip, onPoint, onPick) {
    Object.assign(this, { frame, canvas, tip, onPoint, onPick });
    this.scene = null;
    this.meant = null; // { face, point }: indices of the keypoint that the tip describes
    this.zoomed = null; // the index of the face that fills the view
    new ResizeObserver(() => this.draw()).observe(frame);
    canvas.addEventListener("pointermove", (event) => this.#mean(this.#hit(event)));
    canvas.addEventListener("pointerdown", (event) => this.#mean(this.#hit(event)));
    canvas.addEventListener("click", (event) => this.#pick(this.#hit(event), false));
    canvas.addEventListener("pointerleave", () => this.#mean(null));
    canvas.addEventListener("blur", () => this.#mean(null));
    canvas.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /**
   * Show `{ image, width, height, faces, scheme, options, moving }`: `image` is anything a canvas
   * draws, `width` and `height` are those of the picture, `options` says what is drawn over it,
   * `moving` whether it is a camera's.
   */
  show(scene) {
    this.scene = scene;
    const { face, point } = this.meant ?? {};
    if (!scene.faces[face] || point >= scene.scheme.points) this.meant = null;
    if (!scene.faces[this.zoomed]) this.zoomed = null;
    this.draw();
  }

  /** Let one face fill the view; the complete picture for null. */
  zoom(face) {
    this.zoomed = face;
    this.draw();
  }

  /** Give the picture the focus, at a keypoint `{ face, point }`. */
  focus(meant) {
    this.canvas.focus();
    this.#mean(meant);
  }

  draw() {
    if (!this.scene) return;
    const { image, width, height } = this.scene;
    this.canvas.hidden = false;
    this.canvas.style.cursor = this.meant && !this.scene.moving ? "pointer" : "";
    const room = Math.max(MIN_HEIGHT, innerHeight - BESIDE);
    const fit = Math.min(this.frame.clientWidth / width, room / height);
    const size = [Math.round(width * fit), Math.round(height * fit)];
    const sharp = devicePixelRatio;
    const backing = size.map((side) => Math.round(side * sharp));
    if (this.canvas.width !== backing[0] || this.canvas.height !== backing[1]) {
      [this.canvas.width, this.canvas.height] = backing;
      [this.canvas.style.width, this.canvas.style.height] = size.map((side) => `${side}px`);
    }
    const [x, y, scale] = this.#region(size, fit);
    this.region = { x, y, scale };
    const pen = this.canvas.getContext("2d");
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    pen.imageSmoothingQuality = this.scene.moving ? "low" : "high"; // "high" costs 8 frames a second
    pen.clearRect(0, 0, ...size);
    pen.drawImage(image, -x * scale, -y * scale, width * scale, height * scale);
    this.scene.faces.forEach((face, index) => {
      const meant = this.meant?.face === index ? this.meant.point : null;
      drawFace(pen, face, this.scene, this.region, meant);
    });
    this.#showTip();
  }

  /** The corner of what is seen, in pixels of the picture, and the scale to CSS pixels. */
  #region([wide, high], fit) {
    const face = this.scene.faces[this.zoomed];
    if (!face) return [0, 0, fit];
    const [x0, y0, x1, y1] = face.box;
    const scale = Math.max(fit, 0.8 * Math.min(wide / (x1 - x0), high / (y1 - y0)));
    return [(x0 + x1 - wide / scale) / 2, (y0 + y1 - high / scale) / 2, scale];
  }

  /** Where a place in the picture is seen, in CSS pixels of the canvas. */
  #toView(place) {
    return onCanvas(place, this.region);
  }

  /** The nearest keypoint within reach of a pointer; null if there is none. */
  #hit({ offsetX, offsetY }) {
    let best = null;
    let reach = REACH;
    this.scene.faces.forEach(({ keypoints }, face) => keypoints.forEach((place, point) => {
      const [x, y] = this.#toView(place);
      const distance = Math.hypot(x - offsetX, y - offsetY);
      if (distance < reach) [best, reach] = [{ face, point }, distance];
    }));
    return best;
  }

  #mean(meant) {
    if (meant?.face === this.meant?.face && meant?.point === this.meant?.point) return;
    this.meant = meant;
    this.draw();
  }

  #pick(picked, byKey) {
    if (picked && !this.scene.moving) this.onPick(picked, byKey);
  }

  /** Left and right walk through the keypoints of a face, up and down through the faces. */
  #onKey(event) {
    const { faces, scheme } = this.scene;
    const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
    if (event.key === "Escape") this.#mean(null);
    if (event.key === "Enter") this.#pick(this.meant, true);
    if (!(event.key in steps) || !faces.length) return;
    event.preventDefault();
    const [across, along] = steps[event.key];
    const first = { face: this.zoomed ?? 0, point: 0 };
    this.#mean(this.meant ? {
      face: (this.meant.face + across + faces.length) % faces.length,
      point: (this.meant.point + along + scheme.points) % scheme.points,
    } : first);
    this.onPoint(this.#describe().join(", "));
  }

  /** The keypoint that is meant, in two lines. */
  #describe() {
    const { faces, scheme } = this.scene;
    const { face, point } = this.meant;
    const [x, y] = faces[face].keypoints[point];
    const error = faces[face].errors[point];
    return [
      `${point} ${inWords(scheme.names[point])}`,
      `x ${x.toFixed(1)}, y ${y.toFixed(1)}, expected error ${error.toFixed(1)} pixels`,
    ];
  }

  #showTip() {
    this.tip.hidden = !this.meant;
    if (!this.meant) return;
    const lines = this.#describe();
    [...this.tip.children].forEach((line, at) => { line.textContent = lines[at]; });
    const [x, y] = this.#toView(this.scene.faces[this.meant.face].keypoints[this.meant.point]);
    const left = this.canvas.offsetLeft + x + 14;
    const top = this.canvas.offsetTop + y + 14;
    const most = [this.frame.clientWidth, this.frame.clientHeight];
    this.tip.style.left = `${Math.max(4, Math.min(left, most[0] - this.tip.offsetWidth - 4))}px`;
    this.tip.style.top = `${top + this.tip.offsetHeight > most[1] - 4 ? top - this.tip.offsetHeight - 28 : top}px`;
  }
}
