/** How the canvases draw: filled shapes, and lines that are visible on every picture. */

export const RIM = "#14171b";

export function circle(x, y, radius) {
  const path = new Path2D();
  path.arc(x, y, radius, 0, 2 * Math.PI);
  return path;
}

export function fill(pen, path, colour) {
  pen.fillStyle = colour;
  pen.fill(path);
}

/** A line with a dark rim, which is visible on light and on dark pictures. */
export function stroke(pen, path, colour, width) {
  pen.lineJoin = "round";
  for (const [ink, thick] of [[`${RIM}b0`, width + 1.5], [colour, width]]) {
    pen.strokeStyle = ink;
    pen.lineWidth = thick;
    pen.stroke(path);
  }
}
