/** The model: predicts attributes, edits and generates faces, as in `facegan.inference`. */

import { run } from "./networks.js";
import { roundEven, toFloats, toImages } from "./pixels.js";

// As in `facegan.inference`.
const SURE = 0.95;

export class Model {
  /** @param about the model's metadata from `about.json` */
  constructor(about) {
    this.about = about;
    this.size = about.size;
  }

  /** The log-likelihood of each combination in the training data for each aligned face. */
  async likelihoods(faces) {
    const { combinations } = this.about;
    const conditions = Float32Array.from(combinations.flatMap(({ bits }) => bits));
    const found = await run("attribute_finder", {
      images: this.#images(faces),
      conditions: [conditions, combinations.length, this.about.columns],
    });
    return split(found.likelihoods.data, combinations.length);
  }

  /** The condition of a face before an edit; a requested value counts as present only if the model is certain of it. */
  present(likelihoods, wishes) {
    const { combinations } = this.about;
    const highest = Math.max(...likelihoods);
    const shares = likelihoods.map((likelihood) => Math.exp(likelihood - highest));
    const sum = shares.reduce((total, share) => total + share, 0);
    let considered = Array.from(likelihoods);
    for (const { name, value } of wishes) {
      const has = combinations.map(({ bits }) => this.#valueOf(bits, name) === value);
      const certainty = shares.reduce((total, share, index) => total + (has[index] ? share : 0), 0) / sum;
      if (certainty < SURE) considered = considered.map((each, index) => (has[index] ? each - 1e6 : each));
    }
    return combinations[considered.indexOf(Math.max(...considered))].bits;
  }

  /**
   * Edits faces, one attribute after the other, in the order of the model's attributes.
   *
   * @param faces aligned, of the model's size
   * @param conditions of the faces before the edit
   * @param wishes `{name, value, strength}` of attributes
   */
  async edit(faces, conditions, wishes) {
    const shape = [faces.length, this.about.columns];
    const condition = (rows) => [Float32Array.from(rows.flat()), ...shape];
    let [images, ...size] = this.#images(faces);
    let now = conditions;
    for (const { name } of this.about.attributes) {
      const wish = wishes.find((each) => each.name === name);
      if (!wish) continue;
      const wanted = now.map((row) => this.#wanted(row, wish));
      const targets = now.map((row, index) => this.#target(row, wanted[index], wish));
      const found = await run("editor", { images: [images, ...size], source: condition(now), target: condition(targets) });
      images = found.edited.data.map((value) => Math.min(Math.max(value, -1), 1));
      now = wanted;
    }
    return toImages(images, this.size, denormalise);
  }

  /** Generates a face with attributes sampled as in the training data; returns the face and its condition. */
  async generate() {
    const { combinations, columns, noise } = this.about;
    const total = combinations.reduce((sum, { count }) => sum + count, 0);
    let rest = Math.random() * total;
    const { bits } = combinations.find(({ count }) => (rest -= count) < 0) ?? combinations[0];
    const values = Float32Array.from({ length: noise }, normallyDistributed);
    const found = await run("generator", { noise: [values, 1, noise], condition: [Float32Array.from(bits), 1, columns] });
    return { face: toImages(found.images.data, this.size, denormalise)[0], condition: bits };
  }

  /** The value of each attribute, by its name. */
  values(condition) {
    return Object.fromEntries(this.about.attributes.map(({ name }) => [name, this.#valueOf(condition, name)]));
  }

  #valueOf(condition, name) {
    const { start, values } = this.#attribute(name);
    return values.find(({ bits }) => bits.every((bit, index) => bit === condition[start + index])).value;
  }

  /** The condition with the requested value. */
  #wanted(condition, { name, value }) {
    const wanted = [...condition];
    const { start, values } = this.#attribute(name);
    const { bits } = values.find((each) => each.value === value);
    const places = bits.map((_, index) => start + index);
    const { exclusive } = this.about;
    // A hair colour clears the others.
    if (bits.includes(1) && places.some((place) => exclusive.includes(place))) exclusive.forEach((place) => (wanted[place] = 0));
    places.forEach((place, index) => (wanted[place] = bits[index]));
    return wanted;
  }

  /** The condition moves from the present to the requested one, and beyond it for strengths above 1. */
  #target(condition, wanted, { name, strength }) {
    const { start, values } = this.#attribute(name);
    const end = start + values[0].bits.length;
    return condition.map((now, place) => now + (start <= place && place < end ? strength : 1) * (wanted[place] - now));
  }

  #attribute(name) {
    return this.about.attributes.find((attribute) => attribute.name === name);
  }

  #images(faces) {
    return [toFloats(faces, (value) => value / 127.5 - 1), faces.length, this.size, this.size, 3];
  }
}

function denormalise(value) {
  return roundEven((value + 1) * 127.5);
}

/** A draw from the normal distribution (Box and Muller 1958). */
function normallyDistributed() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

function split(values, length) {
  return Array.from({ length: values.length / length }, (_, row) => Array.from(values.subarray(row * length, (row + 1) * length)));
}
