/** Which feature maps are shown, and with which contrast. The twin of inspection/feature_maps.py. */

import { roundToEven } from "./chips.js";
import { FEATURE_MAPS } from "./constants.js";
import { mean, percentile } from "./statistics.js";

/**
 * Some of the maps of some of the layers, `{ name, maps, height, width }`, from the first to the last:
 * those that vary most over the face, in their order.
 */
export function shownMaps(layers) {
  const count = Math.min(FEATURE_MAPS.layers, layers.length);
  const steps = Array.from({ length: count }, (_, step) => (
    roundToEven(step * (layers.length - 1) / Math.max(1, count - 1))
  ));
  return steps.map((step) => layers[step]).map(
    (layer) => ({ ...layer, maps: mostVaried(layer.maps), of: layer.maps.length }),
  );
}

/** The values of a map that the lowest and the highest colour show. */
export const contrast = (values) => [0.01, 0.99].map((share) => percentile(values, share));

function mostVaried(maps) {
  const spreads = maps.map(variance);
  const order = [...maps.keys()].sort((one, other) => spreads[other] - spreads[one]);
  return order.slice(0, FEATURE_MAPS.maps).sort((one, other) => one - other).map((index) => maps[index]);
}

function variance(values) {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
}
