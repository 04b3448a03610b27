/**
 * The decisions about the labels of a face, as the server takes them: a list of
 * `{ keypoint, decision, x, y }`, with the empty name for the whole face. Lists are never changed.
 */

/** What a decision has done with a label, in a word. */
export const DONE = { keep: "kept", drop: "dropped", move: "moved" };

/** What holds for a keypoint: its own decision, or that of the face; undefined if undecided. */
export function decisionAbout(decisions, keypoint) {
  const of = (name) => decisions.find((each) => each.keypoint === name);
  return of(keypoint) ?? of("");
}

/** With these decisions about single keypoints, which replace earlier ones. */
export function decided(decisions, ...made) {
  const names = made.map((each) => each.keypoint);
  return [...decisions.filter((each) => !names.includes(each.keypoint)), ...made];
}

/**
 * Without any decision about a keypoint; about the face and all keypoints for the empty name. A
 * decision about the face then becomes one about each of the others that are `labelled`.
 */
export function undecided(decisions, keypoint, labelled) {
  if (keypoint === "") return [];
  const single = decisions.filter((each) => each.keypoint !== keypoint && each.keypoint !== "");
  const about = decisions.find((each) => each.keypoint === "");
  if (!about) return single;
  const names = [keypoint, ...single.map((each) => each.keypoint)];
  const others = labelled.filter((name) => !names.includes(name));
  return [...single, ...others.map((name) => ({ ...about, keypoint: name }))];
}

/** The move of a keypoint, to hundredths of a pixel. */
export function moveTo(keypoint, place) {
  const [x, y] = place.map((axis) => Math.round(100 * axis) / 100);
  return { keypoint, decision: "move", x, y };
}
