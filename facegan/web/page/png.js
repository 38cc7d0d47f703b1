/** Text in PNG files that says how a picture was made, as `facegan.provenance` writes it. */

// The signature and the first chunk, which holds the size.
const HEADER = 33;

/**
 * Adds how a picture was made to a PNG file.
 *
 * @param png the file's content
 * @param provenance what `facegan.provenance` knows of a picture
 * @param about what `about.json` says: the software, a note, and the frame of the XMP packet by command
 */
export function addProvenance(png, provenance, { software, note, xmp }) {
  const json = JSON.stringify(provenance);
  const escaped = json.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const chunks = [text("Software", software), text("Comment", note), text("facegan", json)];
  const [before, after] = xmp[provenance.command];
  chunks.push(text("XML:com.adobe.xmp", before + escaped + after));
  return new Blob([png.subarray(0, HEADER), ...chunks, png.subarray(HEADER)], { type: "image/png" });
}

/** A chunk of international text, which is not compressed and in no particular language. */
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
