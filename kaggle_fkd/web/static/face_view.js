/** An enlarged face with its labels and predictions, whose labels can be chosen and dragged. */

import { RIM, circle, fill, stroke } from "./pen.js";

const REACH = 14; // CSS pixels from which a label is hit
const CLICK = 3; // CSS pixels that the pointer moves at most in a click
const MIN_SIDE = 576; // CSS pixels: a face of 96 pixels is enlarged six times
const BESIDE = 390; // CSS pixels of the window that the title, the buttons and the suspects take
const MAX_ZOOM = 12;
export const LABEL = "#56b4e9";
export const PREDICTION = "#e69f00"; // both of Okabe and Ito, which the colour-blind distinguish

export class FaceView {
  /**
   * `onChoose` is told the index of the label that was clicked, or null; `onMove` its index and
   * where it was dragged to, [x, y] in pixels of the face.
   */
  constructor(frame, canvas, { onChoose, onMove }) {
    Object.assign(this, { frame, canvas, onChoose, onMove });
    this.scene = null;
    this.drag = null; // { start: [x, y] in CSS pixels, point, place, moved }
    this.whole();
    new ResizeObserver(() => this.draw()).observe(frame);
    canvas.addEventListener("pointerdown", (event) => this.#onDown(event));
    canvas.addEventListener("pointermove", (event) => this.#onDrag(event));
    canvas.addEventListener("pointerup", () => this.#onUp());
    canvas.addEventListener("pointercancel", () => this.#forget());
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 400), [event.offsetX, event.offsetY]);
    }, { passive: false });
  }

  /**
   * Show `{ image, width, height, points, chosen, held, hidden }`: each of the points is
   * `{ title, published, label, prediction, decision }`, with places in pixels, or null: where the
   * label was published, where it is now, even if it is dropped, and where it is predicted.
   */
  show(scene) {
    if (scene.image !== this.scene?.image) this.drag = null; // what is dragged is of another face
    this.scene = scene;
    this.draw();
  }

  /** Show the complete face. */
  whole() {
    this.magnified = 1;
    this.corner = [0, 0]; // of what is seen, in CSS pixels of the enlarged face
    this.draw();
  }

  /** Zoom by a factor, so that what is at `at`, in CSS pixels, stays there. */
  zoom(factor, at = [this.side / 2, this.side / 2]) {
    const before = this.magnified;
    this.magnified = Math.min(MAX_ZOOM, Math.max(1, before * factor));
    const grown = this.magnified / before;
    this.corner = this.corner.map((axis, i) => (axis + at[i]) * grown - at[i]);
    this.draw();
  }

  draw() {
    if (!this.scene) return;
    const { image, width, height, points, hidden, chosen } = this.scene;
    const room = Math.max(MIN_SIDE, innerHeight - BESIDE);
    this.side = Math.floor(Math.min(this.frame.clientWidth, room));
    const sharp = devicePixelRatio;
    const backing = Math.round(this.side * sharp);
    if (this.canvas.width !== backing) {
      this.canvas.width = this.canvas.height = backing;
      this.canvas.style.width = this.canvas.style.height = `${this.side}px`;
    }
    this.scale = (this.side / Math.max(width, height)) * this.magnified;
    const most = this.side * (this.magnified - 1);
    this.corner = this.corner.map((axis) => Math.min(most, Math.max(0, axis)));
    const [x, y] = this.corner;
    const pen = this.canvas.getContext("2d");
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    pen.imageSmoothingQuality = "high";
    pen.clearRect(0, 0, this.side, this.side);
    pen.drawImage(image, -x, -y, width * this.scale, height * this.scale);
    if (hidden) return;
    const last = chosen === null ? [] : [chosen]; // above the others
    const others = [...points.keys()].filter((index) => index !== chosen);
    for (const index of [...others, ...last]) this.#drawPoint(pen, index);
  }

  #drawPoint(pen, index) {
    const { points, chosen, held } = this.scene;
    const { published, label, prediction, decision, title } = points[index];
    if (!label) return;
    const at = this.#toView(this.#placeOf(index));
    const dropped = decision === "drop";
    if (prediction) {
      const other = this.#toView(prediction);
      stroke(pen, line(at, other), "#fff", 1.5);
      const path = diamond(...other, 6);
      stroke(pen, path, PREDICTION, 2);
      fill(pen, path, PREDICTION);
    }
    if (decision === "move" && published) stroke(pen, circle(...this.#toView(published), 4), LABEL, 1.5);
    if (dropped) stroke(pen, cross(...at, 6), LABEL, 2.5);
    else {
      stroke(pen, circle(...at, 5), LABEL, 2);
      fill(pen, circle(...at, 5), LABEL);
    }
    if (index !== chosen) return;
    stroke(pen, circle(...at, 11), "#fff", held ? 3.5 : 1.5);
    this.#drawTitle(pen, title, at);
  }

  /** The name of the chosen point, beside it. */
  #drawTitle(pen, title, [x, y]) {
    pen.font = "600 13px system-ui, sans-serif";
    const width = pen.measureText(title).width + 12;
    const left = Math.min(this.side - width - 4, Math.max(4, x - width / 2));
    const top = y > 46 ? y - 38 : y + 18;
    const plate = new Path2D();
    plate.roundRect(left, top, width, 20, 4);
    fill(pen, plate, RIM);
    pen.fillStyle = "#fff";
    pen.fillText(title, left + 6, top + 14.5);
  }

  #placeOf(index) {
    return this.drag?.moved && this.drag.point === index ? this.drag.place
      : this.scene.points[index].label;
  }

  /** From the face, whose pixel centres are whole numbers, to CSS pixels of the canvas. */
  #toView(place) {
    return place.map((axis, i) => (axis + 0.5) * this.scale - this.corner[i]);
  }

  /** Back, within the face. */
  #toFace(seen) {
    const most = [this.scene.width - 1, this.scene.height - 1];
    return seen.map((axis, i) => Math.min(most[i], Math.max(0, (axis + this.corner[i]) / this.scale - 0.5)));
  }

  #onDown(event) {
    if (!this.scene || event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    const seen = [event.offsetX, event.offsetY];
    const point = this.#hit(seen);
    const grip = point === null ? null : this.#toView(this.#placeOf(point)).map((axis, i) => axis - seen[i]);
    this.drag = { start: seen, corner: this.corner, point, grip, place: null, moved: false };
    if (point !== null) this.onChoose(point);
  }

  #onDrag(event) {
    if (!this.drag) return;
    const seen = [event.offsetX, event.offsetY];
    const { start, corner, point, grip } = this.drag;
    this.drag.moved ||= Math.hypot(seen[0] - start[0], seen[1] - start[1]) > CLICK;
    if (!this.drag.moved) return;
    if (point === null) this.corner = corner.map((axis, i) => axis + start[i] - seen[i]);
    else this.drag.place = this.#toFace(seen.map((axis, i) => axis + grip[i]));
    this.draw();
  }

  #onUp() {
    if (!this.drag) return;
    const { point, place, moved } = this.drag;
    this.#forget();
    if (point === null && !moved) this.onChoose(null);
    if (point !== null && moved) this.onMove(point, place);
  }

  #forget() {
    this.drag = null;
    this.draw();
  }

  /** The nearest label within reach of a place of the canvas; null if there is none. */
  #hit(seen) {
    if (this.scene.hidden) return null;
    let best = null;
    let reach = REACH;
    this.scene.points.forEach(({ label }, index) => {
      if (!label) return;
      const [x, y] = this.#toView(label);
      const distance = Math.hypot(x - seen[0], y - seen[1]);
      if (distance < reach) [best, reach] = [index, distance];
    });
    return best;
  }
}

function line(from, to) {
  const path = new Path2D();
  path.moveTo(...from);
  path.lineTo(...to);
  return path;
}

function diamond(x, y, radius) {
  const path = new Path2D();
  for (const [across, down] of [[0, -1], [1, 0], [0, 1], [-1, 0]]) {
    path.lineTo(x + across * radius, y + down * radius);
  }
  path.closePath();
  return path;
}

function cross(x, y, radius) {
  const path = line([x - radius, y - radius], [x + radius, y + radius]);
  path.addPath(line([x - radius, y + radius], [x + radius, y - radius]));
  return path;
}
