/** `openFilter`: artwork to overlay on faces. The twin of photo/overlay/filter.py. */

import { FILTERS } from "./constants.js";
import { unpack } from "./parts.js";
import { readPicture } from "./picture.js";

const opened = new Map(); // the filters that were used, by name

/**
 * The filter of that name: `art`, an ImageData; `anchors`, for each scheme pairs of the index of a
 * keypoint and the pixel of the artwork that belongs on it; `depth`, `bend` and `surroundsHead`.
 */
export function openFilter(name) {
  if (!opened.has(name)) opened.set(name, open(FILTERS[name]));
  return opened.get(name);
}

async function open({ part, ...worn }) {
  const art = await readPicture(new Blob([await unpack(part)]), "transparent");
  return { ...worn, art };
}
