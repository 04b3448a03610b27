/** Files of the faces of a picture: the twins of photo/tables.py and keypoints/pts.py. */

/** One row for each face of a record, as CSV. */
export function faceTable({ faces, names }) {
  const columns = ["face", "x0", "y0", "x1", "y1", "confidence"];
  columns.push(...names.flatMap((name) => [`${name}_x`, `${name}_y`, `${name}_error`]));
  const rows = faces.map(({ number, box, confidence, keypoints, errors }) => [
    number, ...box, confidence, ...keypoints.flatMap((point, index) => [...point, errors[index]]),
  ]);
  return [columns, ...rows].map((row) => `${row.map(cell).join(",")}\n`).join("");
}

/** A value as a cell of CSV: in quotes where it has signs of CSV itself. */
function cell(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The text of a .pts file; in it, the first pixel's centre is at 1. */
export function formatPts(keypoints) {
  const lines = keypoints.map((point) => point.map((place) => (place + 1).toFixed(3)).join(" "));
  return `version: 1\nn_points: ${keypoints.length}\n{\n${lines.join("\n")}\n}\n`;
}
