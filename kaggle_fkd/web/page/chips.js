/**
 * Chips: the aligned square crops of faces that networks take, to the grey level as OpenCV cuts them.
 *
 * The twin of imaging/chips.py. A canvas would interpolate differently in every browser. A grey
 * picture is `{ data, width, height }`, with a byte for each pixel.
 */

import { CHIPS } from "./constants.js";
import { determinant, invert, transformPoints } from "./similarity.js";

const PLACES = 1024; // a pixel's places, to which OpenCV rounds the terms of a coordinate
const WEIGHTS = 32; // and to which it rounds their sum: the steps of the interpolation
const RESIZING = 2048; // the sum of the weights with which it resizes

/** The size x size chip of a grey picture under the map `matrix` to the chip, as bytes. */
export function cutChip(grey, matrix, size) {
  const { x0, y0, x1, y1, shrink } = windowOf(grey, matrix, size);
  const window = blockMeans(grey, shrink, x0, y0, x1, y1);
  const middle = (shrink - 1) / 2; // a pixel of the window covers shrink x shrink pixels
  const [[a, b, c], [d, e, f]] = matrix;
  const [left, top] = [x0 + middle, y0 + middle];
  return warp(window, [
    [a * shrink, b * shrink, a * left + b * top + c],
    [d * shrink, e * shrink, d * left + e * top + f],
  ], size);
}

/** The part of the picture that the chip needs, and the factor it shrinks by. */
function windowOf({ width, height }, matrix, size) {
  const back = invert(matrix);
  const wanted = Math.sqrt(Math.abs(determinant(back)));
  const shrink = Math.floor(clamp(wanted, 1, Math.max(width, height)));
  const end = size - 1;
  const corners = transformPoints(back, [[0, 0], [end, 0], [0, end], [end, end]]);
  const border = CHIPS.border * shrink;
  const [low, high] = [width - 1, height - 1].map((last, axis) => {
    const along = corners.map((corner) => corner[axis]);
    return [
      clamp(Math.floor(Math.min(...along)) - border, 0, last),
      clamp(Math.ceil(Math.max(...along)) + border, 0, last) + 1,
    ];
  });
  return { x0: low[0], x1: low[1], y0: high[0], y1: high[1], shrink };
}

/**
 * The mean of every block of a window of a grey picture, no longer than the window; at the end its
 * border is repeated.
 */
export function blockMeans(grey, shrink, x0 = 0, y0 = 0, x1 = grey.width, y1 = grey.height) {
  const [wide, high] = [Math.min(shrink, x1 - x0), Math.min(shrink, y1 - y0)];
  const [width, height] = [Math.ceil((x1 - x0) / wide), Math.ceil((y1 - y0) / high)];
  const data = new Uint8Array(width * height);
  const area = wide * high, four = wide === 2 && high === 2;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let down = 0; down < high; down++) {
        const line = Math.min(y0 + row * high + down, y1 - 1) * grey.width;
        for (let across = 0; across < wide; across++) {
          sum += grey.data[line + Math.min(x0 + column * wide + across, x1 - 1)];
        }
      }
      // OpenCV rounds the halves of four pixels up, others to even numbers.
      data[row * width + column] = four ? (sum + 2) >> 2 : roundToEven(sum / area);
    }
  }
  return { data, width, height };
}

/** cv2.warpAffine, bilinear, with its border repeated. */
function warp({ data, width, height }, matrix, size) {
  const [[a, b, c], [d, e, f]] = invert(matrix);
  const chip = new Uint8Array(size * size);
  const half = PLACES / WEIGHTS / 2;
  for (let row = 0; row < size; row++) {
    const startX = roundToEven((b * row + c) * PLACES) + half;
    const startY = roundToEven((e * row + f) * PLACES) + half;
    for (let column = 0; column < size; column++) {
      const x = Math.floor((startX + roundToEven(a * column * PLACES)) * WEIGHTS / PLACES);
      const y = Math.floor((startY + roundToEven(d * column * PLACES)) * WEIGHTS / PLACES);
      const left = Math.floor(x / WEIGHTS), top = Math.floor(y / WEIGHTS);
      const right = x - left * WEIGHTS, below = y - top * WEIGHTS;
      const x0 = clamp(left, 0, width - 1), x1 = clamp(left + 1, 0, width - 1);
      const y0 = clamp(top, 0, height - 1) * width, y1 = clamp(top + 1, 0, height - 1) * width;
      const upper = data[y0 + x0] * (WEIGHTS - right) + data[y0 + x1] * right;
      const lower = data[y1 + x0] * (WEIGHTS - right) + data[y1 + x1] * right;
      const area = WEIGHTS * WEIGHTS;
      chip[row * size + column] = (upper * (WEIGHTS - below) + lower * below + area / 2) / area;
    }
  }
  return chip;
}

/** cv2.resize, bilinear: in whole numbers, of which it drops some bits. */
export function resize({ data, width, height }, newWidth, newHeight) {
  const columns = taps(width, newWidth), rows = taps(height, newHeight);
  const resized = new Uint8Array(newWidth * newHeight);
  rows.forEach(({ places: [top, bottom], weights: [above, below] }, row) => {
    columns.forEach(({ places: [left, right], weights: [before, after] }, column) => {
      const upper = data[top * width + left] * before + data[top * width + right] * after;
      const lower = data[bottom * width + left] * before + data[bottom * width + right] * after;
      resized[row * newWidth + column] = (
        ((above * (upper >> 4)) >> 16) + ((below * (lower >> 4)) >> 16) + 2
      ) >> 2;
    });
  });
  return { data: resized, width: newWidth, height: newHeight };
}

/** For each of `count` pixels the two of `length` that it lies between, and their weights. */
function taps(length, count) {
  return Array.from({ length: count }, (_, index) => {
    const place = Math.fround((index + 0.5) / (count / length) - 0.5);
    const first = Math.floor(place), share = Math.fround(place - first);
    return {
      places: [first, first + 1].map((each) => clamp(each, 0, length - 1)),
      weights: [1 - share, share].map((weight) => roundToEven(RESIZING * weight)),
    };
  });
}

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** The nearest whole number; of two that are equally near, the even one. */
export function roundToEven(value) {
  const nearest = Math.round(value);
  return nearest - value === 0.5 && nearest % 2 ? nearest - 1 : nearest;
}
