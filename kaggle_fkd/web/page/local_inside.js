/** What the network sees in a face: heat map, saliency, feature maps. The twin of web/inside.py. */

import { heatColours, sequentialColours } from "./colours.js";
import { FEATURE_MAPS } from "./constants.js";
import { contrast, shownMaps } from "./feature_maps.js";
import { greyOf } from "./picture.js";
import { Refusal } from "./refusal.js";
import { InspectedNetwork } from "./responses.js";
import { invert, meanPoint, transformPoints } from "./similarity.js";

let inspecting = null; // the network whose intermediate outputs are seen, opened once

/**
 * What the networks of a finder see in a face of a picture, for one of its keypoints: `image`, a
 * picture of it, what its colours mean, and the `place` of the keypoint in the chip.
 */
export async function lookInside(finder, { picture, face, scheme }, { keypoint, show }, signal) {
  const { chip: grey, map } = await finder.chipAndMap(greyOf(picture), face, scheme);
  const network = await (inspecting ??= InspectedNetwork.open(finder.networks));
  const { size, meanShape } = finder.networks;
  const keypoints = scheme.points === meanShape.length ? [keypoint] : scheme.sources[keypoint];
  const [place] = transformPoints(map, [face.keypoints[keypoint]]);
  const drawn = await SHOWS[show]({ network, grey, size, map, keypoints }, signal);
  return { keypoint: { place }, ...drawn };
}

const SHOWS = { chip, heat_map: heatMap, saliency, features };

function chip({ grey, size }) {
  const colours = Uint8ClampedArray.from({ length: 4 * size * size }, (_, at) => (
    at % 4 === 3 ? 255 : grey[at >> 2]
  ));
  return { image: imageOf(colours, size, size) };
}

async function heatMap({ network, grey, keypoints }) {
  const maps = await network.heatMaps(grey);
  if (!maps) {
    throw new Refusal(
      "this network regresses coordinates and has no heat maps", "ask for saliency or features",
    );
  }
  const heat = meanPoint(keypoints.map((point) => [...maps[point]]));
  const side = Math.round(Math.sqrt(heat.length));
  return { ...over(heat, side), rows: side, columns: side };
}

async function saliency({ network, grey, size, map, keypoints }, signal) {
  const { image, highest } = over(await network.saliency(grey, keypoints, signal), size);
  const [[a], [b]] = invert(map);
  return { image, highest: highest * Math.hypot(a, b) };
}

/** A row of maps for each layer, each stretched over as many pixels as the chip has. */
async function features({ network, grey, size: side }) {
  const layers = await network.featureMaps(grey);
  const shown = shownMaps(layers);
  const pen = new OffscreenCanvas(FEATURE_MAPS.maps * side, shown.length * side).getContext("2d");
  pen.imageSmoothingEnabled = false;
  shown.forEach(({ maps, height, width }, row) => maps.forEach((values, column) => {
    const tile = imageOf(sequentialColours(values, ...contrast(values)), width, height);
    pen.drawImage(tile, column * side, row * side, side, side);
  }));
  const facts = shown.map(({ name, maps, of, height, width }) => (
    { name, shown: maps.length, of, size: [height, width] }
  ));
  return { image: pen.canvas, layers: facts, convolutions: layers.length, side };
}

/** A map to lay over the chip, side x side, transparent where it is 0, and its highest value. */
function over(heat, side) {
  const highest = Math.max(...heat);
  return { image: imageOf(heatColours(heat.map((value) => value / (highest || 1))), side, side), highest };
}

/** A canvas with colours, RGBA. */
function imageOf(colours, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").putImageData(new ImageData(colours, width, height), 0, 0);
  return canvas;
}
