/** The camera: one frame at a time goes to the server, and is shown with its faces. */

import { GONE, Refusal, openLive, refusalOf } from "./api.js";

const LONGER_SIDE = 640; // pixels of the frames that are sent
const QUALITY = 0.8; // of their JPEG
const COUNTED_MS = 1000; // the time over which frames a second are counted

export class Camera {
  /**
   * `onFrame` is given `{ image, width, height, faces, milliseconds, rate }` of every frame,
   * `onEnd` a Refusal when the server or the camera ends it.
   */
  constructor(onFrame, onEnd) {
    Object.assign(this, { onFrame, onEnd });
    this.opening = null; // what ends when the camera shows something
    this.stopped = new AbortController(); // whether that was stopped meanwhile
    this.frame = document.createElement("canvas");
    this.video = document.createElement("video");
    this.video.muted = true;
    this.video.playsInline = true;
  }

  /**
   * Start the camera, or only another connection if it is running; Refusal without a camera, and
   * an AbortError if it is stopped before it shows something.
   */
  async start(query, filter) {
    if (!this.running) {
      this.stopped = new AbortController();
      this.opening = this.#open(this.stopped.signal);
    }
    const { signal } = this.stopped;
    await this.opening;
    signal.throwIfAborted();
    this.#connect(query, filter);
  }

  /** Whether it was started, even if it shows nothing yet. */
  get running() {
    return Boolean(this.opening);
  }

  /** The last frame as a picture, `{ blob, name }`; null before the first. */
  async picture() {
    if (!this.frame.width) return null;
    const blob = await new Promise((done) => this.frame.toBlob(done, "image/png"));
    return { blob, name: "camera.png" };
  }

  stop() {
    this.stopped.abort();
    this.#disconnect();
    if (this.stream) end(this.stream);
    this.stream = this.opening = null;
    this.video.srcObject = null;
  }

  async #open(stopped) {
    try {
      const stream = await openStream();
      if (stopped.aborted) end(stream); // it was, while the browser asked the user
      stopped.throwIfAborted();
      this.stream = stream;
      this.video.srcObject = stream;
      stream.getVideoTracks()[0].addEventListener("ended", () => {
        this.#end(new Refusal("the camera was disconnected", "connect it, and start it again"));
      });
      await this.video.play();
    } catch (error) {
      stopped.throwIfAborted();
      this.stop();
      throw error;
    }
  }

  #connect(query, filter) {
    this.#disconnect();
    this.times = [];
    const socket = openLive(query, filter);
    this.socket = socket;
    let answer = null;
    socket.onopen = () => this.#send(socket);
    socket.onclose = () => this.#end(GONE);
    socket.onmessage = async ({ data }) => {
      if (typeof data !== "string") {
        this.#show(socket, answer, await createImageBitmap(data));
        return;
      }
      answer = JSON.parse(data);
      if (answer.status) this.#end(refusalOf(answer));
      else if (!filter) this.#show(socket, answer, this.frame);
    };
  }

  #disconnect() {
    if (!this.socket) return;
    this.socket.onopen = this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
    this.socket = null;
  }

  /** Show an answer, and send the next frame. */
  #show(socket, answer, image) {
    if (socket !== this.socket) return;
    const now = performance.now();
    this.times = [...this.times.filter((time) => now - time < COUNTED_MS), now];
    this.onFrame({ ...answer, image, rate: this.times.length });
    this.#send(socket);
  }

  #send(socket) {
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.min(1, LONGER_SIDE / Math.max(videoWidth, videoHeight));
    const size = [Math.round(videoWidth * scale), Math.round(videoHeight * scale)];
    if (this.frame.width !== size[0] || this.frame.height !== size[1]) {
      [this.frame.width, this.frame.height] = size;
    }
    this.frame.getContext("2d").drawImage(this.video, 0, 0, ...size);
    this.frame.toBlob((blob) => {
      if (socket === this.socket) socket.send(blob);
    }, "image/jpeg", QUALITY);
  }

  #end(refusal) {
    this.stop();
    this.onEnd(refusal);
  }
}

const REFUSED = {
  NotAllowedError: ["the browser does not let this page use the camera", "allow it, and try again"],
  NotFoundError: ["no camera was found", "connect one, or choose a picture"],
  NotReadableError: ["another program uses the camera", "close that program, and try again"],
};

/** Let go of the camera. */
function end(stream) {
  stream.getTracks().forEach((track) => track.stop());
}

async function openStream() {
  const wanted = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
  try {
    return await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  } catch (error) {
    const [problem, remedy] = REFUSED[error.name] ?? REFUSED.NotFoundError;
    throw new Refusal(problem, remedy);
  }
}
