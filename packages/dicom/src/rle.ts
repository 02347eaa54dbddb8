/**
 * Decodes a frame of DICOM's RLE (PS3.5, annex G): a segment for each byte of a sample, the higher byte first, each packed as PackBits.
 * Returns little-endian samples. @throws Error where it makes no sense
 */
export function decodeRle(frame: Uint8Array, samples: number, bytesEach: number): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const segments = view.getUint32(0, true);
  if (segments !== bytesEach) throw new Error(`${segments} segments in place of ${bytesEach}`);
  const out = new Uint8Array(samples * bytesEach);
  for (let segment = 0; segment < segments; segment++) {
    const from = view.getUint32(4 + 4 * segment, true);
    const to = segment + 1 < segments ? view.getUint32(8 + 4 * segment, true) : frame.length;
    unpack(frame.subarray(from, to), out, bytesEach - 1 - segment, bytesEach);
  }
  return out;
}

function unpack(packed: Uint8Array, out: Uint8Array, first: number, step: number): void {
  let to = first;
  for (let at = 0; at < packed.length && to < out.length; ) {
    const code = packed[at++] ?? 0;
    if (code === 128) continue;
    const literal = code < 128;
    const run = literal ? code + 1 : 257 - code;
    for (let i = 0; i < run && to < out.length; i++, to += step) out[to] = packed[literal ? at + i : at] ?? 0;
    at += literal ? run : 1;
  }
  if (to < out.length) throw new Error("a segment ends early");
}
