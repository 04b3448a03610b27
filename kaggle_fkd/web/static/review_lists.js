/** The lists of the label review: the suspects, and the keypoints of the face that is shown. */

import { DONE } from "./decisions.js";
import { element } from "./element.js";

/** A strip of the suspects' pictures. */
export class SuspectList {
  /** `pictureOf` gives the address of a row's picture; `onChoose` is told an index. */
  constructor(list, pictureOf, onChoose) {
    Object.assign(this, { list, pictureOf, onChoose });
  }

  /** List the suspects, of which the one at the index is shown. */
  show(suspects, index) {
    if (!this.list.children.length) {
      this.list.append(...suspects.map((suspect, at) => this.#newItem(suspect, at)));
    }
    suspects.forEach(({ row, reason, decided }, at) => {
      const button = this.list.children[at].firstChild;
      button.classList.toggle("decided", decided);
      button.setAttribute("aria-label", `Row ${row}, ${reason}${decided ? ", decided" : ""}`);
      if (at === index) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
    if (this.shown !== index) this.#scrollTo(index);
    this.shown = index;
  }

  #newItem({ row, reason }, at) {
    const picture = Object.assign(new Image(), { loading: "lazy", alt: "", src: this.pictureOf(row) });
    return item(`Row ${row}: ${reason}`, () => this.onChoose(at), picture, element("span", row));
  }

  /** Scroll the strip, but not the page. */
  #scrollTo(index) {
    const { offsetLeft, offsetWidth } = this.list.children[index];
    this.list.scrollLeft = offsetLeft - this.list.offsetLeft - (this.list.clientWidth - offsetWidth) / 2;
  }
}

/** The keypoints with a label, how far each is from its prediction, and what was decided about it. */
export class PointList {
  /** `onChoose` is told the index of a keypoint. */
  constructor(list, onChoose) {
    Object.assign(this, { list, onChoose });
  }

  /** List the points as `FaceView` shows them, with their `error`; the `chosen` one is pressed. */
  show(points, chosen) {
    if (!this.list.children.length) {
      this.list.append(...points.map(({ title }, at) => item(title, () => this.onChoose(at))));
    }
    points.forEach(({ title, label, error, decision }, at) => {
      const entry = this.list.children[at];
      entry.hidden = !label;
      entry.firstChild.setAttribute("aria-pressed", String(at === chosen));
      entry.firstChild.replaceChildren(
        element("span", title),
        element("span", error === null ? "" : `${error.toFixed(1)} px`),
        element("strong", DONE[decision] ?? ""),
      );
    });
  }
}

function item(title, onClick, ...content) {
  const entry = document.createElement("li");
  const button = Object.assign(document.createElement("button"), { type: "button", title });
  button.addEventListener("click", onClick);
  button.append(...content);
  entry.append(button);
  return entry;
}
