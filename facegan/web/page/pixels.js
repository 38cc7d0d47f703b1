/**
 * Images, resampled exactly as in Pillow, so that the networks get the same pixels as in Python.
 *
 * An image is `{width, height, channels, data}`; its data are 8-bit values or floats, row by row.
 */

/** Rounds to an integer, halves to even, as in Python. */
export function roundEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}

export function newImage(width, height, channels = 4, Type = Uint8ClampedArray) {
  return { width, height, channels, data: new Type(width * height * channels) };
}

/** The pixels of an image that the browser has decoded, over white where it is transparent. */
export function readPixels(bitmap) {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  context.fillRect(0, 0, bitmap.width, bitmap.height);
  context.drawImage(bitmap, 0, 0);
  const { width, height, data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  return { width, height, channels: 4, data };
}

// Filters of `resize`.
export const BOX = { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) };
// Pillow's constants are 32-bit floats.
const HAMMING_CONSTANTS = [0.54, 0.46].map(Math.fround);
export const HAMMING = {
  support: 1,
  weight: (x) => (Math.abs(x) < 1 ? sinc(x) * (HAMMING_CONSTANTS[0] + HAMMING_CONSTANTS[1] * Math.cos(x * Math.PI)) : 0),
};
export const LANCZOS = { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) };

function sinc(x) {
  return x ? Math.sin(x * Math.PI) / (x * Math.PI) : 1;
}

/** Resizes an 8-bit image; reduction averages over all source pixels. */
export function resize(image, width, height, filter) {
  return resizeSide(resizeSide(image, width, filter, false), height, filter, true);
}

// Fractional bits of the weights.
const BITS = 22;

function resizeSide(image, size, filter, isHeight) {
  const { channels, data } = image;
  const length = isHeight ? image.height : image.width;
  if (size === length) return image;
  const result = isHeight ? newImage(image.width, size, channels) : newImage(size, image.height, channels);
  const step = isHeight ? image.width * channels : channels;
  const windows = Array.from({ length: size }, (_, index) => windowOf(index, length, size, filter));
  let place = 0;
  for (let y = 0; y < result.height; y++) {
    for (let x = 0; x < result.width; x++) {
      const { start, weights } = windows[isHeight ? y : x];
      const first = isHeight ? start * step + x * channels : (y * image.width + start) * channels;
      for (let channel = 0; channel < channels; channel++) {
        let sum = 1 << (BITS - 1);
        for (let index = 0, at = first + channel; index < weights.length; index++, at += step) {
          sum += data[at] * weights[index];
        }
        result.data[place++] = sum >> BITS;
      }
    }
  }
  return result;
}

/** The source pixels of each pixel in a resized line: the first one, and the weights. */
function windowOf(index, length, size, filter) {
  const scale = length / size;
  const stretch = Math.max(scale, 1);
  const centre = (index + 0.5) * scale;
  const support = filter.support * stretch;
  const start = Math.max(0, Math.trunc(centre - support + 0.5));
  const end = Math.min(length, Math.trunc(centre + support + 0.5));
  const shares = [];
  for (let at = start; at < end; at++) shares.push(filter.weight((at - centre + 0.5) * (1 / stretch)));
  const sum = shares.reduce((total, share) => total + share, 0);
  const whole = shares.map((share) => share / sum * (1 << BITS)).map((share) => Math.trunc(share + (share < 0 ? -0.5 : 0.5)));
  return { start, weights: Int32Array.from(whole) };
}

/** Averages squares of pixels of an 8-bit image whose sides they divide. */
export function reduce(image, factor) {
  const result = newImage(image.width / factor, image.height / factor, image.channels);
  const count = factor ** 2;
  // Pillow multiplies by an integer instead of dividing.
  const multiplier = Math.trunc(Math.fround(2 ** 24 / count));
  let place = 0;
  for (let y = 0; y < result.height; y++) {
    for (let x = 0; x < result.width; x++) {
      for (let channel = 0; channel < image.channels; channel++) {
        let sum = count >> 1;
        for (let down = 0; down < factor; down++) {
          const line = ((y * factor + down) * image.width + x * factor) * image.channels + channel;
          for (let across = 0; across < factor; across++) sum += image.data[line + across * image.channels];
        }
        result.data[place++] = Math.floor((sum * multiplier) / 2 ** 24);
      }
    }
  }
  return result;
}

// Interpolation in `transform`: taps to the left of a position, the number of taps, and the interpolated value.
export const BILINEAR = { before: 0, taps: 2, between: (values, at, t) => values[at] + (values[at + 1] - values[at]) * t };
export const BICUBIC = {
  before: 1,
  taps: 4,
  between(values, at, t) {
    const a = values[at], b = values[at + 1], c = values[at + 2], d = values[at + 3];
    return b + t * (-a + c + t * (2 * (a - b) + c - d + t * (-a + b - c + d)));
  },
};

/**
 * Samples each pixel `(x, y)` of a new image at `(a x + b y + c, d x + e y + f)` of another.
 *
 * @param matrix `[a, b, c, d, e, f]`
 * @param fill the value for positions outside the image
 */
export function transform(image, width, height, [a, b, c, d, e, f], filter, fill = 0) {
  const { channels, data } = image;
  const isWhole = data instanceof Uint8ClampedArray;
  const result = newImage(width, height, channels, data.constructor);
  result.data.fill(fill);
  const { before, taps, between } = filter;
  const columns = new Int32Array(taps), rows = new Int32Array(taps);
  const line = new Float64Array(taps), found = new Float64Array(taps);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const left = a * (x + 0.5) + b * (y + 0.5) + c, top = d * (x + 0.5) + e * (y + 0.5) + f;
      if (left < 0 || left >= image.width || top < 0 || top >= image.height) continue;
      const column = Math.floor(left - 0.5), row = Math.floor(top - 0.5);
      const across = left - 0.5 - column, down = top - 0.5 - row;
      for (let tap = 0; tap < taps; tap++) {
        columns[tap] = Math.min(Math.max(column - before + tap, 0), image.width - 1) * channels;
        rows[tap] = Math.min(Math.max(row - before + tap, 0), image.height - 1) * image.width * channels;
      }
      const place = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) {
        for (let tap = 0; tap < taps; tap++) {
          for (let each = 0; each < taps; each++) line[each] = data[rows[tap] + columns[each] + channel];
          found[tap] = between(line, 0, across);
        }
        const value = between(found, 0, down);
        result.data[place + channel] = isWhole ? Math.trunc(value) : value;
      }
    }
  }
  return result;
}

/** A part of an image; beyond the image its edge is repeated. */
export function cut(image, left, top, right, bottom) {
  const { channels, data } = image;
  const result = newImage(right - left, bottom - top, channels);
  let place = 0;
  for (let y = top; y < bottom; y++) {
    const row = Math.min(Math.max(y, 0), image.height - 1) * image.width;
    for (let x = left; x < right; x++) {
      const at = (row + Math.min(Math.max(x, 0), image.width - 1)) * channels;
      for (let channel = 0; channel < channels; channel++) result.data[place++] = data[at + channel];
    }
  }
  return result;
}

/** The red, green and blue of images of one size, one after the other, each computed by a function of an 8-bit value. */
export function toFloats(images, compute) {
  const values = new Float32Array(images.reduce((total, { width, height }) => total + width * height * 3, 0));
  let place = 0;
  for (const { data } of images) {
    for (let at = 0; at < data.length; at += 4) {
      for (let channel = 0; channel < 3; channel++) values[place++] = compute(data[at + channel]);
    }
  }
  return values;
}

/** The inverse of `toFloats` for images of a square size. */
export function toImages(values, size, compute) {
  const images = [];
  for (let place = 0; place < values.length; ) {
    const image = newImage(size, size);
    for (let at = 0; at < image.data.length; at += 4) {
      for (let channel = 0; channel < 3; channel++) image.data[at + channel] = compute(values[place++]);
      image.data[at + 3] = 255;
    }
    images.push(image);
  }
  return images;
}
