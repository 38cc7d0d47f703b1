/** Face detection in photos: the three stages of MTCNN, as in `facegan.photos.detect`. */

import { run } from "./networks.js";
import { BILINEAR, BOX, HAMMING, resize, roundEven, toFloats, transform } from "./pixels.js";

// As in `facegan.photos.detect`.
const SMALLEST = 20, SHORTER_SIDE = 800;
const PROPOSED = 0.4, REFINED = 0.3, ACCEPTED = 0.4;
const WINDOW = 12, STRIDE = 2, SHRINKING = 0.709;
const GRAY = 128;

/** The possible faces in an image, the largest first: `{width, height, landmarks}` in pixels. */
export async function findFaces(image) {
  const shorter = Math.min(image.width, image.height);
  if (shorter < SMALLEST) return [];
  const reduction = Math.max(1, shorter / SHORTER_SIDE);
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, roundEven(side / reduction)));
  const found = await detect(reduction === 1 ? image : resize(image, width, height, BOX));
  const faces = found.map(({ box, landmarks }) => {
    const [left, top, right, bottom] = box.map((side, index) => Math.min(Math.max(side, 0), (index % 2 ? height : width) - 1) * reduction);
    const points = landmarks.map((point) => point.map((side) => side * reduction));
    return { width: roundEven(right - left), height: roundEven(bottom - top), landmarks: points };
  });
  return faces.sort((one, other) => other.width * other.height - one.width * one.height);
}

async function detect(image) {
  let boxes = await propose(image);
  if (boxes.length) {
    const found = await run("rnet", { images: [crops(image, boxes, 24), boxes.length, 24, 24, 3] });
    const scores = boxes.map((_, index) => found.scores.data[2 * index + 1]);
    const moved = boxes.map((box, index) => move(box, found.boxes.data, index));
    boxes = best(moved, scores, REFINED, 0.7).map((index) => square(moved[index]));
  }
  if (!boxes.length) return [];
  const found = await run("onet", { images: [crops(image, boxes, 48), boxes.length, 48, 48, 3] });
  const scores = boxes.map((_, index) => found.scores.data[2 * index + 1]);
  const moved = boxes.map((box, index) => move(box, found.boxes.data, index));
  return best(moved, scores, ACCEPTED, 0.7, true).map((index) => {
    const [left, top, right, bottom] = boxes[index];
    // All x come before all y.
    const [x, y] = [0, 5].map((start) => found.landmarks.data.subarray(10 * index + start, 10 * index + start + 5));
    const landmarks = Array.from(x, (share, point) => [left + share * (right - left + 1) - 1, top + y[point] * (bottom - top + 1) - 1]);
    return { box: moved[index], landmarks };
  });
}

/** The first stage: square boxes that may hold a face, `[left, top, right, bottom]`. */
async function propose(image) {
  const boxes = [], scores = [];
  const levels = roundEven(Math.log(Math.min(image.width, image.height) / WINDOW) / -Math.log(SHRINKING) - 1);
  for (let level = 0; level < levels; level++) {
    const scale = (WINDOW / SMALLEST) * SHRINKING ** level;
    const [width, height] = [Math.trunc(image.width * scale), Math.trunc(image.height * scale)];
    const smaller = resize(image, width, height, HAMMING);
    const found = await run("pnet", { images: [toFloats([smaller], normalise), 1, height, width, 3] });
    const [, rows, columns] = found.scores.dims;
    const windows = [], likely = [];
    for (let index = 0; index < rows * columns; index++) {
      const score = found.scores.data[2 * index + 1];
      if (score <= PROPOSED) continue;
      const [left, top] = [(index % columns) * STRIDE + 1, Math.floor(index / columns) * STRIDE + 1];
      const corners = [left, top, left + WINDOW - 1, top + WINDOW - 1];
      windows.push(corners.map((side, each) => (side + found.boxes.data[4 * index + each] * (WINDOW - 1)) / scale));
      likely.push(score);
    }
    for (const index of best(windows, likely, PROPOSED, 0.5)) {
      boxes.push(windows[index]);
      scores.push(likely[index]);
    }
  }
  return best(boxes, scores, PROPOSED, 0.7).map((index) => square(boxes[index]));
}

/**
 * Indexes of the boxes above a threshold that overlap with no better one, the best first.
 *
 * @param overlap the largest permitted overlap, as a fraction of the union of two boxes or of the smaller one
 */
function best(boxes, scores, threshold, overlap, ofTheSmaller = false) {
  const order = scores.map((_, index) => index).filter((index) => scores[index] > threshold);
  order.sort((one, other) => scores[other] - scores[one]);
  const areas = boxes.map(([left, top, right, bottom]) => (right - left) * (bottom - top));
  return order.filter((index, place) => {
    const box = boxes[index];
    return !order.slice(0, place).some((better) => {
      const [left, top, right, bottom] = boxes[better];
      const width = Math.max(Math.min(right, box[2]) - Math.max(left, box[0]), 0);
      const shared = width * Math.max(Math.min(bottom, box[3]) - Math.max(top, box[1]), 0);
      const whole = ofTheSmaller ? Math.min(areas[better], areas[index]) : areas[better] + areas[index] - shared;
      return shared > overlap * whole;
    });
  });
}

/** A box moved by the offsets that a network predicts, in fractions of its sides. */
function move(box, offsets, index) {
  const sides = [box[2] - box[0] + 1, box[3] - box[1] + 1];
  return box.map((side, each) => side + offsets[4 * index + each] * sides[each % 2]);
}

/** The square box with the same centre and the longer side. */
function square([left, top, right, bottom]) {
  const [x, y, half] = [(left + right) / 2, (top + bottom) / 2, Math.max(right - left, bottom - top) / 2];
  return [x - half, y - half, x + half, y + half];
}

/** The contents of boxes as input of the networks; gray beyond the image. */
function crops(image, boxes, size) {
  const cropped = boxes.map(([left, top, right, bottom]) => {
    // The outermost samples lie on the box's edges.
    const [across, down] = [(right - left) / (size - 1), (bottom - top) / (size - 1)];
    const matrix = [across, 0, left + 0.5 - across / 2, 0, down, top + 0.5 - down / 2];
    return transform(image, size, size, matrix, BILINEAR, GRAY);
  });
  return toFloats(cropped, normalise);
}

function normalise(value) {
  return (value - 127.5) / 128;
}
