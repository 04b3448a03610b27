/** The label review: a person walks through the suspects and decides about their labels. */

import * as api from "./api.js";
import { DONE, decided, decisionAbout, moveTo, undecided } from "./decisions.js";
import { element } from "./element.js";
import { FaceView } from "./face_view.js";
import { PointList, SuspectList } from "./review_lists.js";
import { inWords } from "./text.js";

const STEP = 0.5; // pixels of the face that an arrow moves a point, and with Shift:
const LARGE_STEP = 5;
const TYPED_MS = 800; // digits that follow each other within this time are one number
const FACE = ""; // the keypoint of a decision about the whole face
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const $ = (id) => document.getElementById(id);

let review; // the suspects, the keypoints' names and the size of a face
let index = 0; // of the suspect that is shown
let face = null; // its { labels, predictions, decisions, stored } and image, once they have arrived
let last = null; // { index, face }: the last one that was shown
let chosen = null; // the index of the keypoint that is decided about; null: the face
let held = false; // whether arrows move it
let hidden = false; // whether the points are hidden
let typed = { number: "", at: 0 }; // the digits of a keypoint's number
let storing = 0; // the number of decisions that are not stored yet
let saved = Promise.resolve(); // when all of them are
const undos = []; // { index, decisions }: what was decided about a suspect before

const view = new FaceView($("frame"), $("view"), { onChoose: choose, onMove: move });
const pointList = new PointList($("points"), (keypoint) => afterClick(() => choose(keypoint)));
const suspectList = new SuspectList($("suspects"), api.facePicture, (at) => attempt(() => show(at)));

function say(text) {
  $("status").textContent = text;
}

async function attempt(work) {
  $("refusal").hidden = true;
  try {
    await work();
  } catch (error) {
    $("refusal").hidden = false;
    $("refusal").textContent = error.message;
    say("");
  }
}

/** Show another suspect, as soon as what was decided is stored; the last one if that fails. */
async function show(at) {
  if (!review.suspects[at]) return;
  if (face) last = { index, face };
  index = at;
  face = null;
  await saved;
  const arrived = await faceOf(at).catch((error) => {
    if (index === at && last) ({ index, face } = last);
    throw error;
  });
  if (index !== at || face) return; // another one has been asked for since
  face = arrived;
  const suspected = review.names.indexOf(review.suspects[at].keypoint);
  [chosen, held] = [suspected < 0 ? null : suspected, false];
  view.whole();
  draw();
  speak();
}

async function faceOf(at) {
  const { row } = review.suspects[at];
  const [found, image] = await Promise.all([api.reviewedFace(row), api.image(api.facePicture(row))]);
  return { ...found, stored: found.decisions, image };
}

/** The keypoints of the face as they are shown. */
function points() {
  return review.names.map((name, keypoint) => {
    const published = face.labels[keypoint];
    const about = decisionAbout(face.decisions, name);
    const label = about?.decision === "move" ? [about.x, about.y] : published;
    const prediction = face.predictions[keypoint];
    return {
      title: `${keypoint} ${inWords(name)}`, published, label, prediction, decision: about?.decision,
      error: label && prediction
        ? Math.hypot(label[0] - prediction[0], label[1] - prediction[1]) : null,
    };
  });
}

/** The keypoints that have a label: a published one, or one that was decided. */
const labelled = () => points().flatMap(({ label }, keypoint) => (label ? [keypoint] : []));
const target = () => (chosen === null ? FACE : review.names[chosen]);

function decisionInWords() {
  const about = decisionAbout(face.decisions, FACE);
  if (about) return `all labels ${DONE[about.decision]}`;
  return face.decisions.length ? "by keypoint" : "none yet";
}

function draw() {
  const shown = points();
  const { width, height, suspects } = review;
  const suspect = suspects[index];
  view.show({ image: face.image, width, height, points: shown, chosen, held, hidden });
  pointList.show(shown, chosen);
  suspectList.show(suspects, index);
  $("view").setAttribute("aria-label", `Face of row ${suspect.row}, ${labelled().length} labels`);
  $("face-title").textContent = `Row ${suspect.row}, suspect ${index + 1} of ${suspects.length}`;
  $("facts").replaceChildren(...[
    ["Reason", suspect.reason], ["Score", suspect.score.toFixed(1)],
    ["Decision", decisionInWords()],
  ].flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
  $("target").textContent = `Decide about ${inWords(target()) || "the face"}`;
  $("progress").textContent = `${suspects.filter((each) => each.decided).length} of ${suspects.length} decided`;
  $("at").value = index + 1;
  $("previous").disabled = index === 0;
  $("next").disabled = index === suspects.length - 1;
  $("undo").disabled = !undos.length;
  $("hide").setAttribute("aria-pressed", String(hidden));
}

/** Tell a screen reader what is chosen. */
function speak() {
  if (chosen === null) {
    const { row, reason } = review.suspects[index];
    $("spoken").textContent = `Row ${row}, ${reason}, ${decisionInWords()}`;
    return;
  }
  const { title, decision, error } = points()[chosen];
  const far = error === null ? "not predicted" : `${error.toFixed(1)} pixels from the prediction`;
  $("spoken").textContent = [
    title, far, DONE[decision] ?? "undecided", held ? "held: the arrows move it" : "not held",
  ].join(", ");
}

/** Choose a keypoint, which is held from now on; the face for null. */
function choose(keypoint) {
  if (!face || (keypoint !== null && !points()[keypoint].label)) return;
  [chosen, held] = [keypoint, keypoint !== null];
  draw();
  speak();
}

/** Let go of the point; if none is held, choose the face. */
function release() {
  if (!held) chosen = null;
  held = false;
  draw();
  speak();
}

/** Decide anew about the face that is shown, and store what has changed. */
function decide(decisions) {
  if (JSON.stringify(decisions) === JSON.stringify(face.decisions)) {
    draw(); // the point may have been let go
    return;
  }
  undos.push({ index, decisions: face.decisions });
  store(decisions);
}

/** Store decisions about the face; if that is refused, it has those that are stored. */
function store(decisions) {
  const suspect = review.suspects[index];
  const about = face;
  about.decisions = decisions;
  if (!labelled().includes(chosen)) [chosen, held] = [null, false];
  say("Storing");
  storing += 1;
  saved = saved.then(() => attempt(async () => {
    storing -= 1;
    try {
      await api.decide(suspect.row, decisions);
      about.stored = decisions;
    } finally {
      if (!storing) about.decisions = about.stored;
      suspect.decided = about.stored.length > 0;
      if (face) draw();
    }
    if (!storing) say("Stored");
  }));
  draw();
  speak();
}

function keepOrDrop(decision) {
  held = false;
  const made = { keypoint: target(), decision };
  decide(chosen === null ? [made] : decided(face.decisions, made));
}

/** Let the prediction be the label of the chosen keypoint, or of all that are labelled. */
function takePrediction() {
  held = false;
  const taken = chosen === null ? labelled() : [chosen];
  const moves = taken.filter((keypoint) => face.predictions[keypoint])
    .map((keypoint) => moveTo(review.names[keypoint], face.predictions[keypoint]));
  decide(chosen === null ? moves : decided(face.decisions, ...moves));
}

function move(keypoint, place) {
  if (!face) return; // the next one is on its way
  decide(decided(face.decisions, moveTo(review.names[keypoint], place)));
}

/** Take back what was decided about the chosen keypoint; about all of them, if none is chosen. */
function clear() {
  decide(undecided(face.decisions, target(), labelled().map((keypoint) => review.names[keypoint])));
}

function nudge([across, down], step) {
  const { label } = points()[chosen];
  const within = (axis, most) => Math.min(most - 1, Math.max(0, axis));
  move(chosen, [within(label[0] + across * step, review.width), within(label[1] + down * step, review.height)]);
}

/** Take back the last decision, on whichever face it was. */
async function undo() {
  const last = undos.at(-1);
  if (!last) return;
  if (last.index !== index) await show(last.index);
  if (last.index !== index || !face) return; // another face has been asked for since
  undos.pop();
  store(last.decisions);
}

function walk(step) {
  return attempt(() => show(index + step));
}

/** Show the next suspect without a decision; after the last, the first. */
function showUndecided() {
  const { suspects } = review;
  const others = suspects.slice(1).map((_, step) => (index + 1 + step) % suspects.length);
  const next = others.find((at) => !suspects[at].decided);
  if (next === undefined) say("No other suspect is undecided");
  else attempt(() => show(next));
}

/** Choose the next label of the picture; false after the last, as Tab then leaves the picture. */
function chooseNext(step) {
  const all = labelled();
  const at = chosen === null ? (step > 0 ? -1 : all.length) : all.indexOf(chosen);
  const next = all[at + step];
  if (next !== undefined) choose(next);
  return next !== undefined;
}

/** Choose the keypoint of a number, whose digits are typed one after the other. */
function chooseNumber(digit) {
  const now = performance.now();
  const number = now - typed.at < TYPED_MS ? typed.number + digit : digit;
  typed = { number: review.names[number] ? number : digit, at: now };
  choose(Number(typed.number));
}

function toggleHidden() {
  hidden = !hidden;
  draw();
}

const ACTIONS = {
  previous: () => walk(-1), next: () => walk(1), undecided: showUndecided, out: () => view.zoom(0.8), in: () => view.zoom(1.25),
  keep: () => keepOrDrop("keep"), drop: () => keepOrDrop("drop"), take: takePrediction,
  clear, undo: () => attempt(undo), hide: toggleHidden,
};
const KEYS = {
  k: "keep", d: "drop", p: "take", Backspace: "clear", n: "undecided", " ": "hide", "+": "in", "-": "out",
};

/** Do what a key stands for; true if it stands for something. */
function obey(event) {
  const { key, shiftKey } = event;
  const inPicture = event.target === $("view");
  if (key in ARROWS && held) nudge(ARROWS[key], shiftKey ? LARGE_STEP : STEP);
  else if (key === "ArrowLeft" || key === "ArrowRight") walk(ARROWS[key][0]);
  else if (key === "Escape") release();
  else if (key === "Enter" && chosen !== null) choose(chosen);
  else if (key === "Tab" && inPicture) return chooseNext(shiftKey ? -1 : 1);
  else if (/^\d$/.test(key)) chooseNumber(key);
  else if (KEYS[key] ?? KEYS[key.toLowerCase()]) ACTIONS[KEYS[key] ?? KEYS[key.toLowerCase()]]();
  else return false;
  return true;
}

addEventListener("keydown", (event) => {
  if (!face || event.altKey || event.target === $("at")) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key.toLowerCase() !== "z" || event.shiftKey) return;
    event.preventDefault();
    ACTIONS.undo();
    return;
  }
  const pressesButton = event.key === "Enter" || event.key === " ";
  if (pressesButton && event.target.closest("button, a")) return;
  if (obey(event)) event.preventDefault();
});

/** Do what a click asks for; then the picture has the focus, so that Space hides the points again. */
function afterClick(act) {
  act();
  $("view").focus({ preventScroll: true });
}

for (const [id, act] of Object.entries(ACTIONS)) {
  $(id).addEventListener("click", ({ detail }) => {
    if (!face) return;
    if (detail === 0) act(); // by the keyboard, whose focus stays where it is
    else afterClick(act);
  });
}

$("at").addEventListener("change", ({ target }) => {
  if (review.suspects[target.value - 1]) attempt(() => show(target.value - 1));
  else target.value = index + 1; // there is no such suspect
});
$("at").addEventListener("keydown", ({ key }) => {
  if (key === "Enter") $("view").focus({ preventScroll: true }); // and the field tells its change
});

async function begin() {
  review = await api.review();
  $("command").textContent = `kaggle-fkd train --set train.label_fixes=RUNS_DIR/${review.file}`;
  if (!review.suspects.length) {
    say("The audit suspects no face.");
    return;
  }
  $("at").max = $("count").textContent = review.suspects.length;
  for (const id of ["at", ...Object.keys(ACTIONS)]) $(id).disabled = false;
  const open = review.suspects.findIndex((each) => !each.decided);
  await show(Math.max(0, open));
  say("Ready");
  $("view").focus({ preventScroll: true });
}

attempt(begin);
