/** The list of faces: how sure each is, where it looks, and whether its eyes are open. */

import { element } from "./element.js";

const SHUT = 0.2; // the height of an eye over its width, below which it counts as shut

export class FaceList {
  /** `onChoose` is told the index of the face whose button was pressed. */
  constructor(list, empty, onChoose) {
    Object.assign(this, { list, empty, onChoose });
  }

  /** List the faces; the one that is `chosen` has a pressed button. */
  show(faces, chosen) {
    this.empty.hidden = faces.length > 0;
    this.empty.textContent = "No face was found.";
    while (this.list.children.length > faces.length) this.list.lastChild.remove();
    while (this.list.children.length < faces.length) this.list.append(this.#newItem());
    faces.forEach((face, index) => {
      const button = this.list.children[index].firstChild;
      button.setAttribute("aria-pressed", String(index === chosen));
      button.replaceChildren(heading(face), facts(face));
    });
  }

  #newItem() {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.title = "Enlarge this face";
    button.addEventListener("click", () => this.onChoose([...this.list.children].indexOf(item)));
    item.append(button);
    return item;
  }
}

function heading({ number, confidence }) {
  const head = element("span", "");
  head.className = "head";
  head.append(element("span", `Face ${number}`), element("small", `${percent(confidence)} sure`));
  return head;
}

function facts(face) {
  const rows = [];
  if (face.pose) {
    const { pitch, yaw, roll } = face.pose;
    rows.push(["Turned", side(yaw, "right", "left")]);
    rows.push(["Looks", side(pitch, "up", "down")]);
    rows.push(["Tilted", side(roll, "clockwise", "anticlockwise")]);
  }
  if (face.eye_aspect_ratio) {
    const { right, left } = face.eye_aspect_ratio;
    rows.push(["Right eye", eye(right)], ["Left eye", eye(left)]);
  }
  const mean = face.errors.reduce((sum, error) => sum + error, 0) / face.errors.length;
  rows.push(["Expected error", `${mean.toFixed(1)} pixels`]);
  const list = document.createElement("dl");
  list.append(...rows.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
  return list;
}

const percent = (share) => `${Math.round(100 * share)} %`;
const eye = (ratio) => `${ratio < SHUT ? "shut" : "open"} (${ratio.toFixed(2)})`;

function side(degrees, positive, negative) {
  const size = Math.abs(Math.round(degrees));
  return size ? `${size}° ${degrees > 0 ? positive : negative}` : "0°";
}
