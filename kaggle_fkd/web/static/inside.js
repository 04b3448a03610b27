/** The panel about a keypoint: how the network finds it, and what it sees in the face. */

import * as api from "./api.js";
import { RIM, circle } from "./pen.js";
import { inWords } from "./text.js";

const SIDE = 640; // pixels of the drawn face
const ACROSS = 4; // feature maps in a row
const GAP = 8; // pixels between them

export class Inside {
  static hint = ", Enter looks inside"; // for who cannot see the page

  /** `onClose` is given `{ face, point }`, the keypoint, if the panel had the focus. */
  constructor(panel, onClose) {
    Object.assign(this, { panel, onClose });
    this.asked = new AbortController(); // cancels the question that a newer one replaces
    this.chips = new WeakMap(); // the networks' input of each face
    [this.title, this.facts, this.choice, this.seen, this.scale, this.hint] = [
      "h2", ".facts", ".choice", ".seen", ".scale", ".hint",
    ].map((part) => panel.querySelector(part));
    panel.querySelector("button").addEventListener("click", () => this.close());
    this.choice.addEventListener("change", () => this.#ask());
    addEventListener("keydown", ({ key }) => key === "Escape" && this.close());
  }

  /**
   * Show a keypoint `{ picked, picture, face, query, name }`: `picked` has its indices, `face` is
   * the server's answer to the query. With `focused`, the panel gets the focus.
   */
  open(subject, focused) {
    this.subject = subject;
    const { picked: { point }, face, name } = subject;
    this.title.textContent = `${point} ${inWords(name)}`;
    this.facts.textContent = `Face ${face.number}, expected error ${face.errors[point].toFixed(1)} pixels`;
    this.panel.hidden = false;
    this.panel.scrollIntoView({ block: "nearest" });
    if (focused) this.title.focus();
    this.#ask();
  }

  close() {
    if (this.panel.hidden) return;
    this.asked.abort();
    const focused = this.panel.contains(document.activeElement);
    this.panel.hidden = true;
    if (focused) this.onClose(this.subject.picked);
  }

  async #ask() {
    this.asked.abort();
    this.asked = new AbortController();
    const { signal } = this.asked;
    const show = this.choice.querySelector(":checked").value;
    this.panel.setAttribute("aria-busy", "true");
    try {
      const drawn = await this.#draw(show, signal);
      signal.throwIfAborted();
      this.#show(drawn);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#show({ pictures: [], words: error.message });
    }
    this.panel.setAttribute("aria-busy", "false");
  }

  /** Pictures of what the server answers, the ends of their colours, and what they mean. */
  async #draw(show, signal) {
    const { picked, picture, face } = this.subject;
    const query = { ...this.subject.query, face: face.number, keypoint: picked.point };
    const seen = await api.inside(picture, { ...query, show }, signal);
    if (show === "features") return features(seen);
    if (!this.chips.has(face)) {
      this.chips.set(face, await api.inside(picture, { ...query, show: "chip" }, signal));
    }
    const drawn = show === "saliency" ? saliency(seen) : heatMap(seen);
    return { ...drawn, pictures: [overFace(this.chips.get(face).image, seen, drawn.label)] };
  }

  #show({ pictures, ends = [], words, opaque }) {
    this.seen.replaceChildren(...pictures);
    this.scale.hidden = !ends.length;
    this.scale.classList.toggle("opaque", Boolean(opaque));
    this.scale.querySelectorAll("span").forEach((end, at) => { end.textContent = ends[at]; });
    this.hint.textContent = words;
  }
}

function heatMap({ highest, rows, columns }) {
  return {
    label: "Heat map over the face",
    ends: ["0", `${(100 * highest).toFixed(0)} %`],
    words: `How much each of ${columns} x ${rows} cells of the network counts: each says where the `
      + "keypoint is, and the keypoint is their weighted mean. Without colour, a cell does not count.",
  };
}

function saliency({ highest }) {
  return {
    label: "Saliency over the face",
    ends: ["0", `${highest.toFixed(1)} pixels`],
    words: "How far the keypoint moves when a small square of the face is covered: it depends on "
      + "the parts in colour.",
  };
}

function features({ image, layers, convolutions, side }) {
  return {
    pictures: layers.map((layer, row) => layerOf(layer, image, row, side)),
    ends: ["low", "high"],
    opaque: true,
    words: `${layers.length} of the network's ${convolutions} convolutions, from the first to the last; `
      + "of each, the maps that vary most over this face. They are the same for all its keypoints.",
  };
}

/** The face with a map over it, and the place of the keypoint. */
function overFace(chip, { image, keypoint }, label) {
  const [canvas, pen] = newCanvas(SIDE, SIDE, label);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(chip, 0, 0, SIDE, SIDE);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(image, 0, 0, SIDE, SIDE);
  const [x, y] = keypoint.place.map((pixel) => ((pixel + 0.5) * SIDE) / chip.width);
  for (const [ink, width] of [[RIM, 9], ["#fff", 4]]) {
    pen.strokeStyle = ink;
    pen.lineWidth = width;
    pen.stroke(circle(x, y, 12));
  }
  return canvas;
}

/** The maps of a layer, which are a row of the sheet. */
function layerOf({ name, shown, of, size: [high, wide] }, sheet, row, side) {
  const step = side + GAP;
  const down = Math.ceil(shown / ACROSS);
  const [canvas, pen] = newCanvas(ACROSS * step - GAP, down * step - GAP, `${shown} maps of ${name}`);
  for (let map = 0; map < shown; map += 1) {
    const place = [(map % ACROSS) * step, Math.floor(map / ACROSS) * step];
    pen.drawImage(sheet, map * side, row * side, side, side, ...place, side, side);
  }
  const caption = document.createElement("figcaption");
  caption.textContent = `${name}: ${shown} of ${of} maps, ${wide} x ${high}`;
  const figure = document.createElement("figure");
  figure.append(caption, canvas);
  return figure;
}

function newCanvas(width, height, label) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  return [canvas, canvas.getContext("2d")];
}
