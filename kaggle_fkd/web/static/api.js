/** What the server refused, as sentences: what is wrong, and what to do. */
export class Refusal extends Error {
  constructor(problem, remedy) {
    super([problem, remedy].filter(Boolean).map(sentence).join(" "));
  }
}

/** The text with a full stop and a capital, unless it begins with the name of a file. */
function sentence(text) {
  const ended = /[.!?]$/.test(text) ? text : `${text}.`;
  return ended.replace(/^[a-z]+(?= )/, (word) => word.charAt(0).toUpperCase() + word.slice(1));
}

/** The refusal in the members of `application/problem+json`. */
export function refusalOf({ detail, remedy }) {
  return new Refusal(detail, remedy);
}

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

/** What the server can do: its schemes of keypoints, filters and limits. */
export const about = async () => (await ask("/v1/about")).json();

/** The example picture, as if it had been chosen. */
export async function example() {
  return { blob: await (await ask("/astronaut.png")).blob(), name: "astronaut.png" };
}

/** The faces of a picture, `{ blob, name }`. */
export async function faces(picture, points, signal) {
  return (await post("/v1/faces", picture, { points }, signal)).json();
}

/** The faces of a picture in a file of some format; a .pts file has one face. */
export async function facesAs(format, picture, points, face) {
  return (await post("/v1/faces", picture, { points, format, face })).blob();
}

/** The picture with a filter or with "keypoints" drawn on it, or as it is ("none"). */
export async function drawing(picture, points, filter, signal) {
  return (await post("/v1/drawing", picture, { points, filter }, signal)).blob();
}

/** What the network sees in a face, for a keypoint: `image`, and what the header says of it. */
export async function inside(picture, query, signal) {
  const response = await post("/v1/inside", picture, query, signal);
  const facts = JSON.parse(response.headers.get("Inside"));
  return { image: await createImageBitmap(await response.blob()), ...facts };
}

/** The address of the thumbnail of a filter. */
export const thumbnail = (filter, points) => `/v1/filters/${filter}?points=${points}`;

/** The websocket for the frames of a camera; without a filter, only keypoints come back. */
export function openLive(points, filter) {
  const query = new URLSearchParams(filter ? { points, filter } : { points });
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/v1/live?${query}`);
  socket.binaryType = "blob";
  return socket;
}
