/** The page: what the user asks for goes to the server, and its answers to the view and the list. */

import * as api from "./api.js";
import { Camera } from "./camera.js";
import { download } from "./download.js";
import { FaceList } from "./faces.js";
import { Inside } from "./inside.js";
import { countOf } from "./text.js";
import { View } from "./view.js";

const KEYPOINTS = "keypoints";
const LIST_EVERY_MS = 250; // the list of a camera's faces is renewed so often
const $ = (id) => document.getElementById(id);

const schemes = new Map(); // the schemes of keypoints that were offered, by name
let about; // what the server can do with the chosen networks
let picture = null; // { blob, name }: the picture that is shown
let answer = null; // the server's answer to it, or to the last frame
let image = null; // what is shown of it
let asked = new AbortController(); // cancels the question that a newer one replaces
let listed = 0; // when the list of a camera's faces was renewed
let working = 0; // the number of things that are being done

const inside = new Inside($("inside"), (picked) => view.focus(picked));
const view = new View(
  $("frame"), $("view"), $("tip"), (text) => { $("spoken").textContent = text; }, lookInside,
);
const list = new FaceList($("faces"), $("no-faces"), (index) => {
  view.zoom(view.zoomed === index ? null : index);
  list.show(answer.faces, view.zoomed);
});
const camera = new Camera(showFrame, (refusal) => {
  cameraStopped();
  refuse(refusal);
});

const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`).value;
const points = () => Number(chosen("points"));
const query = () => ({ points: points(), network: about.network });
const filter = () => chosen("filter");
const scheme = () => schemes.get(answer.scheme);

function say(text) {
  $("status").textContent = text;
}

function refuse(error) {
  if (error.name === "AbortError") return;
  $("refusal").hidden = false;
  $("refusal").textContent = error.message;
  say("");
}

/** Do what the user asked for; a refusal is shown as a sentence. */
async function attempt(work) {
  $("refusal").hidden = true;
  document.body.classList.toggle("busy", (working += 1) > 0);
  try {
    await work();
  } catch (error) {
    refuse(error);
  } finally {
    document.body.classList.toggle("busy", (working -= 1) > 0);
  }
}

/** Find the faces of a picture, and show it when they are found. */
async function look(next) {
  asked.abort();
  asked = new AbortController();
  const { signal } = asked;
  check(next);
  say("Looking for faces");
  const found = await api.faces(next, query(), signal);
  const seen = await imageOf(next, signal);
  signal.throwIfAborted();
  if (next !== picture) view.zoom(null);
  inside.close();
  [picture, answer, image] = [next, found, seen];
  show();
  say(`${countOf(answer.faces.length)} in ${answer.milliseconds.toFixed(0)} ms`);
}

/** Show what the network sees at a keypoint of the picture. */
function lookInside(picked, byKey) {
  if (!picture) return; // the last frame of a camera that was lost
  const face = answer.faces[picked.face];
  inside.open({ picked, picture, face, query: query(), name: scheme().names[picked.point] }, byKey);
}

/** Refuse what the server would, before it is sent. */
function check({ blob, name }) {
  const most = about.limits.bytes;
  if (blob.size <= most) return;
  throw new api.Refusal(`${name} has more than ${most / 1e6} MB`, "reduce its size first");
}

/** The picture with its filter, or as it is, if need be in a format that browsers can show. */
async function imageOf(next, signal) {
  if (filter() !== KEYPOINTS) {
    return createImageBitmap(await api.drawing(next, query(), filter(), signal));
  }
  try {
    return await createImageBitmap(next.blob);
  } catch {
    return createImageBitmap(await api.drawing(next, query(), "none", signal));
  }
}

function show() {
  $("empty").hidden = true;
  drawScene();
  list.show(answer.faces, view.zoomed);
  document.querySelectorAll("#downloads button").forEach((button) => {
    const needsFace = button.dataset.format === "pts";
    button.disabled = camera.running || (needsFace && !answer.faces.length);
  });
}

function drawScene() {
  const plain = filter() === KEYPOINTS;
  $("switches").disabled = !plain;
  const options = Object.fromEntries(["points", "lines", "boxes", "errors"].map(
    (name) => [name, plain && $(`show-${name}`).checked],
  ));
  const { width, height, faces } = answer;
  const moving = camera.running;
  view.show({ image, width, height, faces, scheme: scheme(), options, moving });
  $("view").setAttribute("aria-label", `Picture with ${countOf(faces.length).toLowerCase()}; `
    + `the arrow keys walk through the keypoints${moving ? "" : Inside.hint}`);
}

function showFrame({ rate, image: frame, ...found }) {
  const before = answer?.faces.length;
  [picture, answer, image] = [null, found, frame];
  const now = performance.now();
  if (now - listed < LIST_EVERY_MS && before === found.faces.length) {
    drawScene();
    return;
  }
  listed = now;
  show();
  const frames = rate === 1 ? "1 frame" : `${rate} frames`;
  $("speed").textContent = `${frames} a second, ${found.milliseconds.toFixed(0)} ms each`;
  if (before !== found.faces.length) say(countOf(found.faces.length));
}

async function startCamera() {
  asked.abort();
  $("camera").disabled = true; // until it has started, or was refused
  try {
    await camera.start(query(), filter() === KEYPOINTS ? null : filter());
  } finally {
    $("camera").disabled = false;
  }
  view.zoom(null);
  inside.close();
  $("camera").setAttribute("aria-pressed", "true");
  $("camera").textContent = "Stop, keep the picture";
  $("speed").hidden = false;
}

function cameraStopped() {
  $("camera").setAttribute("aria-pressed", "false");
  $("camera").textContent = "Start the camera";
  $("speed").hidden = true;
}

/** Stop the camera, whose last frame stays as a picture. */
async function keepFrame() {
  const kept = await camera.picture();
  camera.stop();
  cameraStopped();
  if (kept) await look(kept);
}

function load(file) {
  if (!about) return undefined;
  camera.stop();
  cameraStopped();
  return attempt(() => look({ blob: file, name: file.name || "pasted.png" }));
}

/** Ask again after another choice of keypoints or filter. */
function again() {
  if (camera.running) attempt(startCamera);
  else if (picture) attempt(() => look(picture));
}

const capital = (name) => name.charAt(0).toUpperCase() + name.slice(1);

function radio(name, value, checked, ...content) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "radio", name, value, checked });
  const shown = document.createElement("span");
  shown.append(...content);
  label.append(input, shown);
  return label;
}

function listFilters() {
  const current = document.querySelector("input[name=filter]:checked")?.value;
  const { filters } = about.schemes.find((each) => each.points === points());
  const names = [KEYPOINTS, ...filters];
  $("filters").replaceChildren(...names.map((name) => {
    const thumbnail = Object.assign(new Image(), { src: api.thumbnail(name, query()), alt: "" });
    const wanted = filters.includes(current) ? current : KEYPOINTS;
    return radio("filter", name, name === wanted, thumbnail, capital(name));
  }));
}

/** Offer what some networks give. */
async function useNetworks(wanted) {
  about = await api.about(wanted);
  const { network, networks, points: most, version } = about;
  about.schemes.forEach((each) => schemes.set(each.name, each));
  $("network").replaceChildren(...networks.map((name) => new Option(capital(name), name)));
  $("network").value = network;
  $("networks").hidden = networks.length < 2;
  $("points").querySelectorAll("label").forEach((label) => label.remove());
  $("points").append(...about.schemes.map(
    (each) => radio("points", each.points, each.points === most, `${each.points} points`),
  ));
  $("points").hidden = about.schemes.length < 2;
  listFilters();
  $("version").textContent = `kaggle_fkd ${version}, ${network}`;
  say("Ready");
}

async function begin() {
  await useNetworks({});
  $("review").hidden = !about.review;
  for (const id of ["choose", "camera", "example"]) $(id).disabled = false;
}

/** Use the chosen networks; if they cannot be used, the previous ones stay chosen. */
async function changeNetworks() {
  say("Opening the networks");
  try {
    await useNetworks({ network: $("network").value });
  } finally {
    $("network").value = about.network;
  }
  again();
}

$("choose").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", ({ target }) => {
  if (target.files[0]) load(target.files[0]);
  target.value = "";
});
$("example").addEventListener("click", () => attempt(async () => {
  camera.stop();
  cameraStopped();
  await look(await api.example());
}));
$("camera").addEventListener("click", () => attempt(camera.running ? keepFrame : startCamera));
$("points").addEventListener("change", () => {
  listFilters();
  again();
});
$("network").addEventListener("change", () => attempt(changeNetworks));
$("filters").addEventListener("change", again);
document.querySelectorAll("#switches input").forEach((input) => {
  input.addEventListener("change", () => answer && drawScene());
});
$("downloads").addEventListener("click", ({ target }) => {
  if (!target.dataset.format) return;
  const face = answer.faces[view.zoomed ?? 0]?.number ?? 1;
  attempt(() => download(target.dataset.format, picture, { query: query(), filter: filter(), face }));
});
addEventListener("paste", ({ clipboardData }) => {
  if (clipboardData.files[0]) load(clipboardData.files[0]);
});
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
addEventListener("dragleave", ({ relatedTarget }) => {
  if (!relatedTarget) document.body.classList.remove("dropping");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  const [file] = event.dataTransfer.files;
  if (file) load(file);
});

attempt(begin);
