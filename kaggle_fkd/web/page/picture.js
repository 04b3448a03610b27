/** Grey pictures of files. The twin of imaging/picture.py. */

// OpenCV's weights of red, green and blue are whole numbers, of 2 ** 15.
const RED = 9798, GREEN = 19235, BLUE = 3735, SHIFT = 15;

/**
 * The grey picture of a file's bytes, upright: `{ data, width, height }`. Null if the browser cannot
 * read it. The values are OpenCV's, 0.299 R + 0.587 G + 0.114 B; transparent parts are white.
 */
export async function readGrey(blob) {
  // As Pillow reads it: without a conversion of its colours to those of the screen.
  const image = await createImageBitmap(blob, { colorSpaceConversion: "none" }).catch(() => null);
  if (!image) return null;
  const { width, height } = image;
  const pen = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.drawImage(image, 0, 0);
  image.close();
  const { data: colours } = pen.getImageData(0, 0, width, height);
  const data = new Uint8Array(width * height);
  for (let pixel = 0, at = 0; pixel < data.length; pixel++, at += 4) {
    const [red, green, blue] = [colours[at], colours[at + 1], colours[at + 2]];
    data[pixel] = (RED * red + GREEN * green + BLUE * blue + (1 << (SHIFT - 1))) >> SHIFT;
  }
  return { data, width, height };
}
