/** Statistics of numbers, as numpy computes them. */

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The value below which that share of the values is, between two of them if need be. */
export function percentile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  const place = share * (sorted.length - 1), below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
