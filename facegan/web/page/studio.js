/** What is edited: a generated face, or faces in a photo; independent of the page. */

import { alignFaces, cropSquare, isAligned } from "./align.js";
import { blendEdit } from "./blend.js";
import { BOX, resize } from "./pixels.js";

// As in `facegan.photos.photo`.
const LARGEST_ENLARGEMENT = 2;
// The longer side, in pixels, of images on the page. Downloads have the photo's own size.
export const LONGEST_SHOWN = 640;

/** An error that a visitor can correct: a key of the page's words, and the values to insert. */
export class Refusal extends Error {
  constructor(key, values = {}) {
    super(key);
    Object.assign(this, { key, values });
  }
}

/**
 * An image and the faces in it that are edited, all or selected ones.
 *
 * Edits are always made from the original image, so that no quality is lost.
 */
export class Subject {
  constructor(model, fields) {
    Object.assign(this, { model, image: null, isFace: true, condition: null, likelihoods: null }, fields);
    this.chosen = [this.faces[0]];
    const scale = Math.min(1, LONGEST_SHOWN / Math.max(this.image.width, this.image.height));
    const sides = [this.image.width, this.image.height].map((side) => Math.max(1, Math.round(side * scale)));
    this.small = resize(this.image, ...sides, BOX);
  }

  /** A new face. */
  static async generate(model) {
    const { face, condition } = await model.generate();
    return new Subject(model, { image: face, faces: [{ number: 1, crop: face }], condition });
  }

  /** A photo, or an aligned face, which is edited as a whole. */
  static async open(model, image) {
    const isFace = await isAligned(image);
    const faces = isFace ? [{ number: 1, crop: cropSquare(image, model.size) }] : await findFacesOf(model, image);
    const likelihoods = await model.likelihoods(faces.map(({ crop }) => crop));
    faces.forEach((face, index) => (face.likelihoods = likelihoods[index]));
    return new Subject(model, { image: isFace ? faces[0].crop : image, isFace, faces });
  }

  /** Selects a face by its number, or all with 0. */
  choose(number) {
    this.chosen = this.faces.filter((face) => number === 0 || face.number === number);
  }

  /** The conditions of the selected faces before an edit. */
  present(wishes) {
    return this.chosen.map(({ likelihoods }) => this.condition ?? this.model.present(likelihoods, wishes));
  }

  /** The edited image, reduced to screen size. */
  shown(wishes) {
    return this.#edited(this.small, this.small.width / this.image.width, wishes);
  }

  /** The edited image. */
  picture(wishes) {
    return this.#edited(this.image, 1, wishes);
  }

  async #edited(image, scale, wishes) {
    if (!wishes.length) return image;
    const crops = this.chosen.map(({ crop }) => crop);
    const edited = await this.model.edit(crops, this.present(wishes), wishes);
    if (this.isFace) return edited[0];
    const result = { ...image, data: image.data.slice() };
    this.chosen.forEach(({ alignment, crop }, index) => blendEdit(result, alignment.scaled(scale), crop, edited[index]));
    return result;
  }
}

async function findFacesOf(model, image) {
  const found = await alignFaces(image);
  if (!found.length) throw new Refusal("noFace");
  const numbered = found.map((each, index) => ({ number: index + 1, ...each }));
  const large = numbered.filter(({ alignment }) => alignment.side * LARGEST_ENLARGEMENT >= model.size);
  if (!large.length) {
    const { face, alignment } = numbered[0];
    const needed = Math.round((face.width * model.size) / LARGEST_ENLARGEMENT / alignment.side);
    throw new Refusal("tooSmall", { width: face.width, needed });
  }
  return large.map(({ number, alignment }) => ({ number, alignment, crop: alignment.crop(image, model.size) }));
}
