/**
 * Similarities: maps that turn, scale and shift, as between a picture and a chip cropped from it.
 *
 * The twin of imaging/similarity.py. A map is a 2 x 3 matrix on pixel coordinates, x then y, a point
 * is [x, y]. Pixel centres have integer coordinates in both.
 */

/** The similarity that maps the points of source to those of target: least squares (Umeyama 1991). */
export function similarity(source, target) {
  const [fromX, fromY] = meanPoint(source);
  const [toX, toY] = meanPoint(target);
  let real = 0, imaginary = 0, power = 0;
  source.forEach(([sourceX, sourceY], index) => {
    const x = sourceX - fromX, y = sourceY - fromY;
    const u = target[index][0] - toX, v = target[index][1] - toY;
    real += x * u + y * v;
    imaginary += x * v - y * u;
    power += x * x + y * y;
  });
  const [a, b] = [real / power, imaginary / power];
  return [[a, -b, toX - a * fromX + b * fromY], [b, a, toY - b * fromX - a * fromY]];
}

/** From pixels of a picture to those of the same picture, larger by a factor. */
export function scaling(factor) {
  const shift = (factor - 1) / 2; // corners stay in place, half a pixel outside pixel centres
  return [[factor, 0, shift], [0, factor, shift]];
}

/** The images of points. */
export function transformPoints([[a, b, c], [d, e, f]], points) {
  return points.map(([x, y]) => [a * x + b * y + c, d * x + e * y + f]);
}

/** The inverse map. */
export function invert(matrix) {
  const [[a, b, c], [d, e, f]] = matrix;
  const size = determinant(matrix);
  return [
    [e / size, -b / size, (b * f - c * e) / size],
    [-d / size, a / size, (c * d - a * f) / size],
  ];
}

/** The factor by which a map changes areas; negative for a mirror image. */
export const determinant = ([[a, b], [d, e]]) => a * e - b * d;

/** The mean of points, or of lists of as many numbers. */
export function meanPoint(points) {
  return points[0].map((_, at) => points.reduce((sum, each) => sum + each[at], 0) / points.length);
}
