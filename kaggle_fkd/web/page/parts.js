/** The parts of the page that are not text: gzip in base64, in elements of the page. */

/** The bytes of a part. */
export async function unpack(part) {
  const element = document.getElementById(`part-${part}`);
  const packed = Uint8Array.from(atob(element.textContent), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
