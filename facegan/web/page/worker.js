/** Computes everything in a separate thread, so that the page stays responsive. Calls are processed in order. */

import { Model } from "./model.js";
import { prepare, reportBytes } from "./networks.js";
import { readPixels } from "./pixels.js";
import { addProvenance } from "./png.js";
import { Subject } from "./studio.js";

let model = null;
let subject = null;
let last = Promise.resolve();

const calls = {
  async begin(about) {
    reportBytes((bytes) => postMessage({ bytes }));
    model = new Model(about);
  },
  async generate() {
    subject = await Subject.generate(model);
    return describe();
  },
  async open(bitmap) {
    const image = readPixels(bitmap);
    bitmap.close();
    // In parallel, because all are needed.
    await prepare("pnet", "rnet", "onet", "landmarks", "attribute_finder");
    subject = await Subject.open(model, image);
    return describe();
  },
  async choose(number) {
    subject.choose(number);
  },
  async edit(wishes) {
    const start = performance.now();
    const image = await subject.shown(wishes);
    const found = subject.present(wishes).map((condition) => model.values(condition));
    return { image: toImageData(image), found, milliseconds: performance.now() - start };
  },
  async download(wishes, provenance) {
    const image = await subject.picture(wishes);
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext("2d").putImageData(toImageData(image), 0, 0);
    const png = await canvas.convertToBlob({ type: "image/png" });
    // An unedited photo is not synthetic.
    if (!wishes.length && !subject.condition) return png;
    const faces = subject.isFace ? null : subject.chosen.map(({ alignment }) => alignment.boundingBox());
    const made = { ...provenance, ...(faces && { faces }) };
    return addProvenance(new Uint8Array(await png.arrayBuffer()), made, model.about);
  },
};

function describe() {
  const faces = subject.faces.map(({ number, crop }) => ({ number, crop: toImageData(crop) }));
  return { before: toImageData(subject.small), faces, isGenerated: subject.condition !== null, isFace: subject.isFace };
}

function toImageData({ data, width, height }) {
  return new ImageData(data, width, height);
}

self.onmessage = ({ data: { id, call, values } }) => {
  last = last.then(async () => {
    try {
      postMessage({ id, result: await calls[call](...values) });
    } catch (error) {
      postMessage({ id, refusal: { key: error.key ?? "failed", values: error.values ?? { reason: String(error) } } });
    }
  });
};
