/** The colours of values, those of viridis, as RGBA. The twin of figures/colours.py. */

import { clamp, roundToEven } from "./chips.js";
import { COLOURS } from "./constants.js";

/** Violet for `low` and what is below it, yellow for `high`. */
export function sequentialColours(values, low, high) {
  const colours = new Uint8ClampedArray(4 * values.length);
  values.forEach((value, at) => {
    const share = clamp((value - low) / (high - low || 1), 0, 1);
    colours.set([...COLOURS.viridis[roundToEven(255 * share)], 255], 4 * at);
  });
  return colours;
}

/** The colours of a heat map from 0, which is transparent, to 1. */
export function heatColours(heat) {
  const colours = sequentialColours(heat, 0, 1);
  heat.forEach((value, at) => {
    colours[4 * at + 3] = 255 * clamp(value / COLOURS.opaqueFrom, 0, COLOURS.maxOpacity);
  });
  return colours;
}
