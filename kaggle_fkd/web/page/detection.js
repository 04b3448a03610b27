/** `detect`: the faces that a detector finds in a grey picture. The twin of photo/detection/detect.py. */

import { blockMeans, cutChip, resize, roundToEven } from "./chips.js";
import { DETECTION } from "./constants.js";
import { nonMaximumSuppression, rotatedFace, transformFace, uprightMap } from "./detected_faces.js";
import { invert, scaling } from "./similarity.js";

/** The faces of a grey picture that score at least that of the constants: `{ score, face }`, the best first. */
export async function detect(network, grey) {
  const classified = await classify(network, grey, await propose(network, grey));
  const likely = classified.filter(({ logit }) => probability(logit) >= DETECTION.minScore);
  const kept = nonMaximumSuppression(likely, ({ logit }) => logit, ({ face }) => face, DETECTION.maxProposals);
  return kept.map(({ logit, face }) => ({ score: probability(logit), face }));
}

/** What the first stage proposes: `{ logit, face }`, the best first. */
async function propose(network, grey) {
  const { searched, scale } = resized(grey);
  const found = await network.search(padded(searched));
  const { reduction, large, largeRotated } = DETECTION;
  if (Math.min(searched.width, searched.height) >= reduction * largeRotated) {
    let rotated = blockMeans(searched, reduction);
    let back = scaling(reduction); // from pixels of the rotated picture to those of the searched
    for (let quarters = 0; quarters < 4; quarters++) {
      const least = quarters ? largeRotated : large;
      const proposed = await network.search(padded(rotated));
      found.push(...proposed.filter(({ face }) => face[2] >= least).map(
        ({ logit, face }) => ({ logit, face: transformFace(back, face) }),
      ));
      back = beforeQuarter(back, rotated);
      rotated = quarterTurn(rotated);
    }
  }
  const best = nonMaximumSuppression(found, ({ logit }) => logit, ({ face }) => face, DETECTION.maxProposals);
  const whole = scaling(1 / scale);
  return best.map(({ logit, face }) => ({ logit, face: transformFace(whole, face) }));
}

/** A grey picture in the size in which it is searched, and the factor. */
export function resized(grey) {
  const { searchedSide, enlargedSide, maxEnlargement } = DETECTION;
  const longer = Math.max(grey.width, grey.height);
  const scale = Math.min(Math.max(1, enlargedSide / longer), maxEnlargement, searchedSide / longer);
  if (scale === 1) return { searched: grey, scale };
  const size = [grey.width, grey.height].map((side) => Math.max(1, roundToEven(scale * side)));
  const means = blockMeans(grey, Math.max(1, Math.floor(1 / scale)));
  return { searched: resize(means, ...size), scale };
}

/** A grey picture with black at the end, so that the network's cells fill it. */
function padded(grey) {
  const [width, height] = [grey.width, grey.height].map(
    (side) => Math.ceil(side / DETECTION.cell) * DETECTION.cell,
  );
  const data = new Uint8Array(width * height);
  for (let row = 0; row < grey.height; row++) {
    data.set(grey.data.subarray(row * grey.width, (row + 1) * grey.width), row * width);
  }
  return { data, width, height };
}

/** A grey picture, turned anticlockwise by 90 degrees. */
function quarterTurn({ data, width, height }) {
  const turned = new Uint8Array(data.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      turned[(width - 1 - column) * height + row] = data[row * width + column];
    }
  }
  return { data: turned, width: height, height: width };
}

/** The map `back` from pixels of a picture, for pixels of its `quarterTurn`. */
function beforeQuarter(back, { width }) {
  // x and y of the turned picture are y and width - 1 - x of the picture.
  return back.map(([a, b, c]) => [b, -a, c + a * (width - 1)]);
}

/** What the second stage says of proposals `{ logit, face }`: the same; of doubtful ones after more looks. */
async function classify(network, grey, proposals) {
  const seen = await refine(network, grey, proposals);
  const [leastDoubtful, leastSure] = DETECTION.doubtful;
  const doubtful = seen.map(({ logit }) => probability(logit)).flatMap(
    (score, index) => (score >= leastDoubtful && score < leastSure ? [index] : []),
  );
  const of = (list) => doubtful.map((index) => list[index]);
  const again = await lookAgain(network, grey, of(proposals), of(seen));
  doubtful.forEach((index, at) => { seen[index] = again[at]; });
  return seen;
}

/**
 * Doubtful proposals after more looks than the one in which they were `seen`: the mean logit of that
 * and of one at the face as it was seen; or of that and of two at another roll, if that is higher.
 */
async function lookAgain(network, grey, proposals, seen) {
  const again = await refine(network, grey, withFaces(proposals, seen));
  const found = seen.map(({ logit }, index) => (
    { logit: Math.fround((logit + again[index].logit) / 2), face: again[index].face }
  ));
  const tried = proposals.flatMap(({ logit }, index) => (
    probability(logit) >= DETECTION.likely ? [index] : []
  ));
  const rolled = await bestOtherRoll(network, grey, tried.map((index) => proposals[index]));
  tried.forEach((index, at) => {
    const { logits: [first, second], face } = rolled[at];
    const logit = mean3(seen[index].logit, first, second);
    if (logit > found[index].logit) found[index] = { logit, face };
  });
  return found;
}

/** Of proposals, the logits of two looks at their best other roll, and the face in the second. */
async function bestOtherRoll(network, grey, proposals) {
  const looks = await refine(network, grey, DETECTION.otherRolls.flatMap(
    (degrees) => proposals.map(({ logit, face }) => ({ logit, face: rotatedFace(face, degrees) })),
  ));
  const best = proposals.map((_, index) => looks.filter(
    (_look, at) => at % proposals.length === index,
  ).reduce((one, other) => (other.logit > one.logit ? other : one)));
  const again = await refine(network, grey, withFaces(proposals, best));
  return again.map(({ logit, face }, index) => ({ logits: [best[index].logit, logit], face }));
}

/** The proposals, with the faces of others. */
const withFaces = (proposals, others) => proposals.map(
  ({ logit }, index) => ({ logit, face: others[index].face }),
);

/** The mean of three numbers in single precision, as in Python. */
const mean3 = (a, b, c) => Math.fround(Math.fround(a + Math.fround(b + c)) / 3);

/** The same after one look. */
async function refine(network, grey, proposals) {
  if (!proposals.length) return [];
  const { chip: side, chipFace } = DETECTION;
  const middle = [(side - 1) / 2, (side - 1) / 2];
  const maps = proposals.map(({ face }) => uprightMap(face, middle, chipFace));
  const chips = maps.map((map) => cutChip(grey, map, side));
  const refined = await network.refine(chips, proposals.map(({ logit }) => logit));
  return refined.map(({ logit, face }, index) => (
    { logit, face: transformFace(invert(maps[index]), face) }
  ));
}

/** The score that a logit stands for, in single precision, as in Python. */
const probability = (logit) => Math.fround(1 / Math.fround(1 + Math.fround(Math.exp(-logit))));

/** The scores of faces that the detector may not have found. */
export async function scoresOf(network, grey, faces) {
  const classified = await classify(network, grey, faces.map((face) => ({ logit: 0, face })));
  return classified.map(({ logit }) => probability(logit));
}
