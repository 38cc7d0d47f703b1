/** The page's user interface. All computation is in the worker. */

import { LANGUAGES, WORDS } from "./words.js";

const LARGEST_STRENGTH = 2;
// The networks needed to generate a face, to open a photo, and to edit either. The worker loads them.
const RUNTIME = "onnxruntime.wasm";
const NEEDED = {
  generate: [RUNTIME, "generator.onnx"],
  open: [RUNTIME, ...["pnet", "rnet", "onet", "landmarks", "attribute_finder"].map((name) => `${name}.onnx`)],
  edit: ["editor.onnx"],
};

const $ = (id) => document.getElementById(id);
const about = await (await fetch(new URL("about.json", import.meta.url))).json();

// A worker made from a blob inherits the page's policy, so it can only request files from this folder.
const script = `import ${JSON.stringify(new URL("worker.js", import.meta.url).href)};`;
const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })), { type: "module" });
const waiting = new Map();
let calls = 0;

const state = {
  language: navigator.language.startsWith("zh") ? "zh" : "en",
  subject: null,
  name: "",
  // Attributes to their sliders: `{position, value}`, as in `facegan.studio.session`.
  sliders: {},
  // The status line: a key of the words, and the values to insert.
  status: ["", {}],
};
let stream = null;
let isEditing = false;
let isOutdated = false;
// Bytes being loaded, and files that have been loaded.
let [done, total] = [0, 0];
const loaded = new Set();

/** Calls the worker. */
function ask(call, ...values) {
  const id = calls++;
  const transferred = values.filter((value) => value instanceof ImageBitmap);
  worker.postMessage({ id, call, values }, transferred);
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

/** The same, with the progress of the files that the worker needs. */
async function load(call, ...values) {
  const missing = NEEDED[call].filter((file) => !loaded.has(file));
  [done, total] = [0, missing.reduce((sum, file) => sum + about.bytes[file], 0)];
  try {
    const result = await ask(call, ...values);
    missing.forEach((file) => loaded.add(file));
    return result;
  } finally {
    total = 0;
    $("progress").hidden = true;
  }
}

worker.onmessage = ({ data: { id, result, refusal, bytes } }) => {
  if (bytes) {
    done += bytes;
    if (total) showProgress();
  } else if (refusal) waiting.get(id).reject(refusal);
  else waiting.get(id).resolve(result);
  waiting.delete(id);
};
worker.onerror = (event) => say("failed", { reason: event.message });

function words(key, values = {}) {
  return WORDS[state.language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function say(key, values = {}, isError = true) {
  state.status = [key, values];
  $("status").className = isError && key ? "error" : "";
  $("status").textContent = key ? words(key, describeValues(values)) : "";
}

/** Attributes among the values are written in the language of the page. */
function describeValues({ attributes, ...others }) {
  return attributes ? { ...others, attributes: describe(attributes) } : others;
}

function showProgress() {
  const megabytes = [done, total].map((bytes) => (bytes / 1e6).toFixed(1));
  say("loading", { done: megabytes[0], total: megabytes[1] }, false);
  Object.assign($("progress"), { hidden: done >= total, max: total, value: done });
}

/** Starts editing the result of a call to the worker. */
async function begin(call, name, ...values) {
  say("working", {}, false);
  try {
    const subject = await load(call, ...values);
    state.subject = { ...subject, chosen: subject.faces[0].number };
    state.name = name;
    state.sliders = {};
    show();
    await update();
  } catch (refusal) {
    refuse(refusal);
  }
}

function refuse(refusal) {
  say(refusal.key ?? "failed", refusal.values ?? { reason: String(refusal) });
}

/** Converts the sliders to wishes. */
function wishes() {
  return about.attributes.flatMap(({ name, values, isChoice }) => {
    const { position = 0, value } = state.sliders[name] ?? {};
    if (!position) return [];
    if (isChoice) return [{ name, value, strength: position }];
    return [{ name, value: values.at(position > 0 ? -1 : 0).value, strength: Math.abs(position) }];
  });
}

/** Updates the image; while one is computed, only the latest position of the sliders is kept. */
async function update() {
  isOutdated = true;
  if (isEditing) return;
  isEditing = true;
  try {
    while (isOutdated) {
      isOutdated = false;
      const wanted = wishes();
      // Without a wish, the original image is shown.
      const { image, found, milliseconds } = await (wanted.length ? load : ask)("edit", wanted);
      draw($("after"), image);
      $("after").setAttribute("aria-label", words("after", { edit: describeWishes() || words("asItWas") }));
      const time = { milliseconds: Math.round(milliseconds) };
      if (found.length > 1) say("foundMany", { count: found.length, ...time }, false);
      else say("found", { attributes: found[0], ...time }, false);
    }
  } catch (refusal) {
    refuse(refusal);
  } finally {
    isEditing = false;
  }
}

function attribute(name) {
  return about.attributes.find((each) => each.name === name);
}

function phrase(name, value) {
  return attribute(name).values.find((each) => each.value === value)[state.language];
}

function describe(values) {
  return Object.entries(values).map(([name, value]) => phrase(name, value)).join(state.language === "zh" ? "，" : ", ");
}

function describeWishes() {
  return wishes().map(({ name, value, strength }) => phrase(name, value) + (strength === 1 ? "" : ` ${strength}`)).join(", ");
}

/** Wishes in the syntax of the command line. */
function written(wanted) {
  return wanted.map(({ name, value, strength = 1 }) => `${name}=${value}${strength === 1 ? "" : `:${strength}`}`).join(", ");
}

function draw(canvas, image) {
  Object.assign(canvas, { width: image.width, height: image.height });
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** Shows everything in the language of the page. */
function show() {
  document.documentElement.lang = state.language;
  document.querySelectorAll("[data-words]").forEach((each) => (each.textContent = words(each.dataset.words)));
  $("video").setAttribute("aria-label", words("cameraPicture"));
  $("before").setAttribute("aria-label", words("before"));
  $("licence").textContent = words("licence", about);
  say(...state.status, $("status").className === "error");
  showSliders();
  const { subject } = state;
  for (const id of ["sliders", "reset", "download"]) $(id).disabled = !subject;
  for (const id of ["picture", "comparing"]) $(id).hidden = !subject;
  $("welcome").hidden = Boolean(subject);
  if (!subject) return;
  draw($("before"), subject.before);
  $("picture").style.setProperty("--aspect", subject.before.width / subject.before.height);
  showFaces();
}

function showFaces() {
  const { faces, chosen } = state.subject;
  $("faces").hidden = faces.length < 2;
  $("faces").setAttribute("aria-label", words("faces"));
  const buttons = faces.map(({ number, crop }) => {
    const canvas = document.createElement("canvas");
    draw(canvas, crop);
    return faceButton(number, words("face", { number }), canvas);
  });
  $("faces").replaceChildren(...buttons, faceButton(0, words("all")));

  function faceButton(number, label, ...content) {
    const button = document.createElement("button");
    button.append(...content, label);
    button.ariaPressed = String(number === chosen);
    button.onclick = async () => {
      state.subject.chosen = number;
      await ask("choose", number);
      showFaces();
      $("faces").children[number ? faces.findIndex((face) => face.number === number) : faces.length].focus();
      await update();
    };
    return button;
  }
}

function showSliders() {
  $("sliders").replaceChildren(...about.attributes.map(attributeControl));
}

function attributeControl({ name, values, isChoice, ...title }) {
  const slider = (state.sliders[name] ??= { position: 0, value: values[0].value });
  const block = document.createElement("div");
  block.className = "attribute";
  const output = document.createElement("output");
  const [left, right] = isChoice ? [words("away"), words("more")] : [values[0], values.at(-1)].map((each) => each[state.language]);
  const ends = Object.assign(document.createElement("small"), { textContent: words("ends", { left, right }) });
  const range = Object.assign(document.createElement("input"), { type: "range", min: -LARGEST_STRENGTH, max: LARGEST_STRENGTH, step: 0.05 });
  range.value = slider.position;
  range.oninput = () => {
    slider.position = Number(range.value);
    showPosition();
    update();
  };
  if (isChoice) {
    const options = values.slice(0, -1).map(({ value, ...phrases }) => new Option(phrases[state.language], value, false, value === slider.value));
    const choice = document.createElement("select");
    choice.append(...options);
    choice.onchange = () => {
      slider.value = choice.value;
      update();
    };
    block.append(labelled(words("towards", { name: title[state.language] }), choice));
  }
  block.append(output, labelled(title[state.language], ends, range));
  showPosition();
  return block;

  function showPosition() {
    output.textContent = slider.position.toFixed(2);
  }
}

function labelled(text, ...content) {
  const label = document.createElement("label");
  label.className = "slider";
  label.append(text, " ", ...content);
  return label;
}

async function openFile(file) {
  if (!file) return;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    say("noImage", { name: file.name });
    return;
  }
  await begin("open", file.name.replace(/\.[^.]*$/, ""), bitmap);
}

async function startCamera() {
  try {
    // Undefined on pages that were not served locally or over HTTPS.
    if (!navigator.mediaDevices) throw new Error("HTTPS");
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, facingMode: "user" } });
  } catch (error) {
    say("noCamera", { reason: error.message });
    return;
  }
  $("video").srcObject = stream;
  $("shooting").hidden = false;
  await $("video").play();
  $("shoot").focus();
}

function stopCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  $("shooting").hidden = true;
}

async function download() {
  const { isGenerated, isFace } = state.subject;
  const wanted = wishes();
  const attributes = isGenerated && Object.entries(state.status[1].attributes).map(([name, value]) => ({ name, value }));
  const provenance = isGenerated
    ? { model: about.model, attrs: written(attributes), then: wanted.length ? [written(wanted)] : [], command: "generate" }
    : { model: about.model, set: written(wanted), strength: [1], command: "edit" };
  try {
    const file = await ask("download", wanted, provenance);
    const suffix = wanted.length && !isGenerated && !isFace ? "-edited" : "";
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: `${state.name}${suffix}.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch (refusal) {
    refuse(refusal);
  }
}

$("language").append(...Object.entries(LANGUAGES).map(([code, name]) => new Option(name, code, false, code === state.language)));
$("language").onchange = ({ target }) => {
  state.language = target.value;
  show();
};
$("file").onchange = async ({ target }) => {
  const [file] = target.files;
  // So that the same file can be chosen again.
  target.value = "";
  await openFile(file);
};
$("generate").onclick = () => begin("generate", "face");
$("camera").onclick = startCamera;
$("cancel").onclick = stopCamera;
$("shoot").onclick = async () => {
  const bitmap = await createImageBitmap($("video"));
  stopCamera();
  await begin("open", "camera", bitmap);
};
$("compare").oninput = ({ target }) => {
  $("picture").style.setProperty("--share", `${target.value}%`);
  $("picture").style.setProperty("--mark", Number(target.value > 0));
};
$("reset").onclick = () => {
  state.sliders = {};
  showSliders();
  update();
};
$("download").onclick = download;
document.ondragover = (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
};
document.ondragleave = () => document.body.classList.remove("dropping");
document.ondrop = (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  openFile(event.dataTransfer.files[0]);
};
show();
await ask("begin", about);
