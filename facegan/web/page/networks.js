/** The exported networks, fetched on first use and run locally by ONNX Runtime. */

import * as ort from "./onnxruntime.js";

// With more threads, ONNX Runtime would need response headers that plain servers do not send.
ort.env.wasm.numThreads = 1;

const sessions = {};
let runtime = null;
let onBytes = () => {};

/** Sets a function that is called with the number of bytes received so far. */
export function reportBytes(report) {
  onBytes = report;
}

/** Fetches and prepares networks, so that they can be used without delay. */
export function prepare(...names) {
  return Promise.all(names.map(open));
}

/**
 * Computes a network's outputs, by their names.
 *
 * @param inputs by their names, each `[values, ...shape]`
 */
export async function run(name, inputs) {
  const session = await open(name);
  const tensors = Object.entries(inputs).map(([input, [values, ...shape]]) => [input, new ort.Tensor("float32", values, shape)]);
  return session.run(Object.fromEntries(tensors));
}

function open(name) {
  sessions[name] ??= create(name).catch((error) => {
    delete sessions[name];
    throw error;
  });
  return sessions[name];
}

async function create(name) {
  runtime ??= fetchBytes("onnxruntime.wasm").then((bytes) => (ort.env.wasm.wasmBinary = bytes));
  const [content] = await Promise.all([fetchBytes(`${name}.onnx`), runtime]);
  return ort.InferenceSession.create(content, { executionProviders: ["wasm"] });
}

async function fetchBytes(name) {
  const response = await fetch(new URL(`${name}.gz`, import.meta.url));
  if (!response.ok) throw new Error(`${name}.gz: ${response.status} ${response.statusText}`);
  const parts = [];
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    onBytes(value.length);
  }
  const blob = new Blob(parts);
  const start = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  // Some servers set the content encoding of .gz files, so that the browser decompresses them.
  const isCompressed = start[0] === 0x1f && start[1] === 0x8b;
  const stream = isCompressed ? blob.stream().pipeThrough(new DecompressionStream("gzip")) : blob.stream();
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
