/** Pictures of files, and their grey values. The twin of imaging/picture.py. */

// OpenCV's weights of red, green and blue are whole numbers, of 2 ** 15.
const RED = 9798, GREEN = 19235, BLUE = 3735, SHIFT = 15;
const JPEG = [0xff, 0xd8, 0xff]; // its first bytes

/**
 * The picture in a file's bytes, upright, over a `ground` of that colour: an ImageData. Null if the
 * browser cannot read it.
 */
export async function readPicture(blob, ground = "#fff") {
  // As Pillow reads it: without a conversion of its colours to those of the screen.
  const image = await createImageBitmap(blob, { colorSpaceConversion: "none" }).catch(() => null);
  if (!image) return null;
  const { width, height } = image;
  const pen = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  pen.fillStyle = ground;
  pen.fillRect(0, 0, width, height);
  pen.drawImage(image, 0, 0);
  image.close();
  return pen.getImageData(0, 0, width, height);
}

/** The grey values of a picture, `{ data, width, height }`: OpenCV's 0.299 R + 0.587 G + 0.114 B. */
export function greyOf({ data: colours, width, height }) {
  const data = new Uint8Array(width * height);
  for (let pixel = 0, at = 0; pixel < data.length; pixel++, at += 4) {
    const [red, green, blue] = [colours[at], colours[at + 1], colours[at + 2]];
    data[pixel] = (RED * red + GREEN * green + BLUE * blue + (1 << (SHIFT - 1))) >> SHIFT;
  }
  return { data, width, height };
}

/** The values of one colour of a picture, as those of a grey one: 0 is red, 1 green, 2 blue. */
export function bandOf({ data: colours, width, height }, band) {
  const data = new Uint8Array(width * height);
  for (let pixel = 0; pixel < data.length; pixel++) data[pixel] = colours[4 * pixel + band];
  return { data, width, height };
}

/** Whether a file is a JPEG, whatever its name. */
export async function isJpeg(blob) {
  const start = new Uint8Array(await blob.slice(0, JPEG.length).arrayBuffer());
  return JPEG.every((byte, at) => start[at] === byte);
}
