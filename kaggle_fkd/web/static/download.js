/** Files of what was found, named after the picture. */

import { drawing, facesAs } from "./api.js";

/** Download a drawing or the faces of a picture, in the format of a button. */
export async function download(format, picture, { query, filter, face }) {
  const stem = picture.name.replace(/\.[^.]*$/, "") || "picture";
  if (format === "drawing") {
    const blob = await drawing(picture, query, filter);
    save(blob, `${stem}_${filter}.${blob.type === "image/jpeg" ? "jpg" : "png"}`);
    return;
  }
  const blob = await facesAs(format, picture, query, face);
  const ending = { pts: `_${face}.pts`, coco: "_coco.json" }[format] ?? `.${format}`;
  save(blob, stem + ending);
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
