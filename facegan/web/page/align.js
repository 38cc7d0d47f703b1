/** Alignment of faces as in the training data, as in `facegan.photos.align` and `facegan.photos.landmarks`. */

import { findFaces } from "./detect.js";
import { run } from "./networks.js";
import { BICUBIC, LANCZOS, cut, reduce, resize, toFloats, transform } from "./pixels.js";

// As in `facegan.photos.align`.
const TEMPLATE = [[0.382, 0.438], [0.607, 0.438], [0.494, 0.584], [0.393, 0.674], [0.596, 0.674]];
const PASSES = 2, LARGEST_DISAGREEMENT = 0.03;
const LARGEST_ASPECT = 1.05, LARGEST_SHIFT = 0.08, LARGEST_SCALING = 1.18, LARGEST_ANGLE = (8 * Math.PI) / 180;
// As in `facegan.photos.landmarks`.
const SIZE = 96;
const MIRRORED = [1, 0, 2, 4, 3];
// As in `facegan.images`.
const CELEBA_SIZE = [178, 218], CELEBA_BOX = [0, 33, 178, 211];

/** The position of an upright square crop in a photo: a rotation, a scale and a translation. */
export class Alignment {
  constructor(across, down, left, top) {
    Object.assign(this, { across, down, left, top });
  }

  /** The alignment that brings landmarks nearest to the template (least squares). */
  static fromLandmarks(landmarks) {
    const [[x, y], [u, v]] = [mean(TEMPLATE), mean(landmarks)];
    let [across, down, square] = [0, 0, 0];
    TEMPLATE.forEach((point, index) => {
      const [a, b, c, d] = [point[0] - x, point[1] - y, landmarks[index][0] - u, landmarks[index][1] - v];
      across += a * c + b * d;
      down += a * d - b * c;
      square += a * a + b * b;
    });
    [across, down] = [across / square, down / square];
    return new Alignment(across, down, u - across * x + down * y, v - down * x - across * y);
  }

  get side() {
    return Math.hypot(this.across, this.down);
  }

  /** The same position in a photo resized by a factor. */
  scaled(factor) {
    return new Alignment(this.across * factor, this.down * factor, this.left * factor, this.top * factor);
  }

  toPhoto([x, y]) {
    return [this.left + this.across * x - this.down * y, this.top + this.down * x + this.across * y];
  }

  /** Left, top, right and bottom of the upright rectangle around the crop, in pixels of the photo. */
  boundingBox() {
    const corners = [[0, 0], [1, 0], [0, 1], [1, 1]].map((corner) => this.toPhoto(corner));
    const [x, y] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
    return [Math.floor(Math.min(...x)), Math.floor(Math.min(...y)), Math.ceil(Math.max(...x)), Math.ceil(Math.max(...y))];
  }

  /** The crop of a photo, `size` pixels wide and high. */
  crop(image, size) {
    const [left, top, right, bottom] = this.boundingBox();
    // With a margin for the interpolation.
    const around = cut(image, left - 2, top - 2, right + 2, bottom + 2);
    // Interpolation uses neighbouring pixels only, so a large face is cropped at a larger size and then averaged.
    const finer = Math.max(1, Math.round(this.side / size));
    const [across, down] = [this.across / (size * finer), this.down / (size * finer)];
    const matrix = [across, -down, this.left - left + 2, down, across, this.top - top + 2];
    const large = transform(around, size * finer, size * finer, matrix, BICUBIC);
    return finer > 1 ? reduce(large, finer) : large;
  }
}

/** The faces of an image, the largest first: `{face, alignment}`. Detections without consistent landmarks are dropped. */
export async function alignFaces(image) {
  const aligned = [];
  for (const face of await findFaces(image)) {
    let [points, disagreement] = [face.landmarks, 0];
    for (let pass = 0; pass < PASSES; pass++) {
      const upright = Alignment.fromLandmarks(points);
      const found = await findLandmarks(upright.crop(image, SIZE));
      [points, disagreement] = [found.points.map((point) => upright.toPhoto(point)), found.disagreement];
    }
    if (disagreement <= LARGEST_DISAGREEMENT) aligned.push({ face, alignment: Alignment.fromLandmarks(points) });
  }
  return aligned;
}

/** Whether an image is an aligned face. */
export async function isAligned(image) {
  const [width, height] = [image.width, image.height];
  if (!isCeleba(image) && Math.max(width, height) > LARGEST_ASPECT * Math.min(width, height)) return false;
  const { points, disagreement } = await findLandmarks(cropSquare(image, SIZE));
  const place = Alignment.fromLandmarks(points);
  const [x, y] = mean(TEMPLATE.slice(0, 2).map((eye) => place.toPhoto(eye).map((side, axis) => side - eye[axis])));
  return (
    disagreement <= LARGEST_DISAGREEMENT &&
    Math.hypot(x, y) <= LARGEST_SHIFT &&
    1 / LARGEST_SCALING <= place.side &&
    place.side <= LARGEST_SCALING &&
    Math.abs(Math.atan2(place.down, place.across)) <= LARGEST_ANGLE
  );
}

/** The largest centred square of an image, resized. */
export function cropSquare(image, size) {
  const side = Math.min(image.width, image.height);
  const [x, y] = [Math.floor((image.width - side) / 2), Math.floor((image.height - side) / 2)];
  return resize(cut(image, ...(isCeleba(image) ? CELEBA_BOX : [x, y, x + side, y + side])), size, size, LANCZOS);
}

function isCeleba({ width, height }) {
  return width === CELEBA_SIZE[0] && height === CELEBA_SIZE[1];
}

/** The landmarks of a face as fractions of its side, and their largest distance from those of its mirror image. */
async function findLandmarks(face) {
  const mirrored = transform(face, SIZE, SIZE, [-1, 0, SIZE, 0, 1, 0], BICUBIC);
  const images = toFloats([face, mirrored], (value) => value);
  const { data } = (await run("landmarks", { images: [images, 2, SIZE, SIZE, 3] })).landmarks;
  const pairs = MIRRORED.map((other, index) => {
    const [plain, back] = [[data[2 * index], data[2 * index + 1]], [1 - data[10 + 2 * other], data[11 + 2 * other]]];
    return { point: mean([plain, back]), distance: Math.hypot(plain[0] - back[0], plain[1] - back[1]) };
  });
  return { points: pairs.map(({ point }) => point), disagreement: Math.max(...pairs.map(({ distance }) => distance)) };
}

function mean(points) {
  return [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
}
