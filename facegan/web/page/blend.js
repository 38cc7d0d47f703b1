/** Blending an edited face into its photo, as in `facegan.photos.blend`. */

import { BICUBIC, newImage, roundEven, transform } from "./pixels.js";

// As in `facegan.photos.blend`.
const FADE = 0.12, GUIDE_RADIUS = 3, FLAT = 25;
// Rows that are blended at once, because a large photo would take gigabytes as floats.
const BAND = 256;

/** Blends an edited crop, `after`, into a photo; `before` is the original crop. */
export function blendEdit(image, alignment, before, after) {
  const size = before.width;
  const box = alignment.boundingBox();
  const [left, right] = [box[0], box[2]].map((side) => Math.min(Math.max(side, 0), image.width));
  const [top, bottom] = [box[1], box[3]].map((side) => Math.min(Math.max(side, 0), image.height));
  if (right <= left || bottom <= top) return;
  const layers = guidedChange(before, after);
  // The inverse of the alignment, from pixels of the photo to pixels of the crop.
  const square = alignment.side ** 2;
  const [across, down] = [(alignment.across * size) / square, (alignment.down * size) / square];
  const x = left - alignment.left;
  for (let start = top; start < bottom; start += BAND) {
    const [width, height, y] = [right - left, Math.min(BAND, bottom - start), start - alignment.top];
    const matrix = [across, down, across * x + down * y, -down, across, across * y - down * x];
    const { data } = transform(layers, width, height, matrix, BICUBIC);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const [place, at] = [((start + row) * image.width + left + column) * 4, (row * width + column) * 9];
        for (let channel = 0; channel < 3; channel++) {
          const value = image.data[place + channel];
          const detail = value - data[at + channel];
          image.data[place + channel] = roundEven(value + data[at + 3 + channel] + data[at + 6 + channel] * detail);
        }
      }
    }
  }
}

/** The original crop, its change, and the slope of the change with respect to the crop, as an image of nine channels. */
function guidedChange(before, after) {
  const size = before.width;
  const [guide, change, products, squares] = Array.from({ length: 4 }, () => newImage(size, size, 3, Float32Array));
  for (let pixel = 0, place = 0; pixel < size * size; pixel++) {
    for (let channel = 0; channel < 3; channel++, place++) {
      guide.data[place] = before.data[4 * pixel + channel];
      change.data[place] = after.data[4 * pixel + channel] - guide.data[place];
      products.data[place] = guide.data[place] * change.data[place];
      squares.data[place] = guide.data[place] ** 2;
    }
  }
  const [guides, changes, covariances, variances] = [guide, change, products, squares].map(windowMeans);
  const slope = newImage(size, size, 3, Float32Array);
  for (let place = 0; place < slope.data.length; place++) {
    const covariance = covariances.data[place] - guides.data[place] * changes.data[place];
    slope.data[place] = covariance / (variances.data[place] - guides.data[place] ** 2 + FLAT);
  }
  const slopes = windowMeans(slope);
  const layers = newImage(size, size, 9, Float32Array);
  for (let pixel = 0; pixel < size * size; pixel++) {
    const share = fade(pixel % size, Math.floor(pixel / size), size);
    for (let channel = 0; channel < 3; channel++) {
      const place = 3 * pixel + channel;
      layers.data[9 * pixel + channel] = guide.data[place];
      layers.data[9 * pixel + 3 + channel] = share * change.data[place];
      layers.data[9 * pixel + 6 + channel] = share * Math.min(Math.max(slopes.data[place], -1), 1);
    }
  }
  return layers;
}

/** The mean over the window around each pixel; edge pixels repeat beyond the edge. */
function windowMeans(image) {
  const { width: size, channels } = image;
  const sum = (from, step, other) => {
    const sums = new Float64Array(from.length);
    for (let line = 0; line < size; line++) {
      for (let at = 0; at < size; at++) {
        for (let channel = 0; channel < channels; channel++) {
          let total = 0;
          for (let offset = -GUIDE_RADIUS; offset <= GUIDE_RADIUS; offset++) {
            total += from[line * other + Math.min(Math.max(at + offset, 0), size - 1) * step + channel];
          }
          sums[line * other + at * step + channel] = total;
        }
      }
    }
    return sums;
  };
  const [pixel, row] = [channels, size * channels];
  const count = (2 * GUIDE_RADIUS + 1) ** 2;
  return { ...image, data: Float32Array.from(sum(sum(image.data, pixel, row), row, pixel), (total) => total / count) };
}

/** The weight of a pixel of the crop: 1 in the middle, 0 at the edge, with a cosine slope between. */
function fade(x, y, size) {
  const places = [(x + 0.5) / size, (y + 0.5) / size];
  const slopes = places.map((place) => Math.min(Math.min(place, 1 - place) / FADE, 1));
  return Math.min(...slopes.map((slope) => (1 - Math.cos(Math.PI * slope)) / 2));
}
