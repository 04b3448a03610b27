/** The questions of the page to its server. */

import { Refusal, refusalOf } from "./refusal.js";

export { Refusal, refusalOf };

export const GONE = new Refusal("the server does not answer", "start it again: kaggle-fkd serve");

async function ask(path, query = {}, options = {}) {
  let response;
  try {
    response = await fetch(`${path}?${new URLSearchParams(query)}`, options);
  } catch (error) {
    throw error.name === "AbortError" ? error : GONE;
  }
  if (response.ok) return response;
  if (response.headers.get("Content-Type") === "application/problem+json") {
    throw refusalOf(await response.json());
  }
  throw new Refusal(`the server refused (${response.status})`, "try again in a moment");
}

function post(path, picture, query, signal) {
  const body = new FormData();
  body.append("picture", picture.blob, picture.name);
  return ask(path, query, { method: "POST", body, signal });
}

/** What the server can do with some networks: their schemes of keypoints, filters and limits. */
export const about = async (query) => (await ask("/v1/about", query)).json();

/** The example picture, as if it had been chosen. */
export async function example() {
  return { blob: await (await ask("/astronaut.png")).blob(), name: "astronaut.png" };
}

/** The faces of a picture, `{ blob, name }`, by the networks of a query, `{ points, network }`. */
export async function faces(picture, query, signal) {
  return (await post("/v1/faces", picture, query, signal)).json();
}

/** The faces of a picture in a file of some format; a .pts file has one face. */
export async function facesAs(format, picture, query, face) {
  return (await post("/v1/faces", picture, { ...query, format, face })).blob();
}

/** The picture with a filter or with "keypoints" drawn on it, or as it is ("none"). */
export async function drawing(picture, query, filter, signal) {
  return (await post("/v1/drawing", picture, { ...query, filter }, signal)).blob();
}

/** What the network sees in a face, for a keypoint: `image`, and what the header says of it. */
export async function inside(picture, query, signal) {
  const response = await post("/v1/inside", picture, query, signal);
  const facts = JSON.parse(response.headers.get("Inside"));
  return { image: await createImageBitmap(await response.blob()), ...facts };
}

/** The address of the thumbnail of a filter. */
export const thumbnail = (filter, query) => `/v1/filters/${filter}?${new URLSearchParams(query)}`;

/** The websocket for the frames of a camera; without a filter, only keypoints come back. */
export function openLive(query, filter) {
  const asked = new URLSearchParams(filter ? { ...query, filter } : query);
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/v1/live?${asked}`);
  socket.binaryType = "blob";
  return socket;
}

/** The suspects of the label review, with the names of the keypoints and the size of a face. */
export const review = async () => (await ask("/v1/review")).json();

/** The labels, predictions and decisions of a face. */
export const reviewedFace = async (row) => (await ask(`/v1/review/faces/${row}`)).json();

/** A picture of the server, for a canvas. */
export const image = async (path) => createImageBitmap(await (await ask(path)).blob());

/** The address of the picture of a face. */
export const facePicture = (row) => `/v1/review/faces/${row}/picture`;

/** Replace the decisions about a face, also if the page is closed meanwhile. */
export async function decide(row, decisions) {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify(decisions);
  await ask(`/v1/review/faces/${row}/decisions`, {}, { method: "PUT", headers, body, keepalive: true });
}
