/** Provenance as text in PNG files, as written by `facegan.provenance`. */

// The signature and the first chunk, which contains the size.
const HEADER = 33;

/**
 * Adds the provenance of an image to a PNG file.
 *
 * @param png the file's content
 * @param provenance the provenance, as in `facegan.provenance`
 * @param about the metadata from `about.json`: the software, a note, and the frame of the XMP packet by command
 */
export function addProvenance(png, provenance, { software, note, xmp }) {
  const json = JSON.stringify(provenance);
  const escaped = json.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const chunks = [text("Software", software), text("Comment", note), text("facegan", json)];
  const [before, after] = xmp[provenance.command];
  chunks.push(text("XML:com.adobe.xmp", before + escaped + after));
  return new Blob([png.subarray(0, HEADER), ...chunks, png.subarray(HEADER)], { type: "image/png" });
}

/** A chunk of international text, uncompressed and without a language tag. */
function text(key, value) {
  const content = new TextEncoder().encode(`iTXt${key}\0\0\0\0\0${value}`);
  const chunk = new Uint8Array(content.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, content.length - 4);
  chunk.set(content, 4);
  view.setUint32(content.length + 4, checksum(content));
  return chunk;
}

/** The CRC-32 of the PNG specification. */
function checksum(bytes) {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  return ~rest >>> 0;
}
