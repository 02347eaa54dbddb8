/** Pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What begins a JPEG's segments (ITU T.81, B.1.1.3), or a JPEG-LS's (T.87). */
const marker = { fill: 0xff, tables: 0xc4, scan: 0xda, quantisation: 0xdb, restarts: 0xdd, comment: 0xfe };
const isApplication = (code: number) => code >= 0xe0 && code <= 0xef;
const presets = 0xf8;

/** The start-of-frame marker of a kind, and what may stand beside frame, scan, restarts, comments and applications' own. */
export const lossless = { frame: 0xc3, beside: [marker.tables, marker.quantisation] } as const;
export const jpegLs = { frame: 0xf7, beside: [presets] } as const;

/** What a grey picture says of itself before its data. */
export interface JpegHead extends Size {
  /** Where the data begins. */
  readonly dataAt: number;
}

/**
 * Walks the segments up to the scan, as strictly as decoders ought to: what one of them takes for the frame must be what was checked here.
 * A decoder reserves memory by the frame's components and works by its sampling factors, so only one component of one sample counts.
 *
 * @throws Error where it is no grey picture of that kind
 */
export function readJpegHead(coded: Uint8Array, kind: typeof lossless | typeof jpegLs): JpegHead {
  const view = viewOf(coded);
  const others: number[] = [marker.restarts, marker.comment, ...kind.beside];
  const tables = new Set<number>();
  let frame: (Size & { component: number }) | undefined;
  if (view.getUint16(0) !== 0xffd8) throw new Error("no JPEG");
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) throw new Error("a segment without a marker");
    const code = view.getUint8(at + 1);
    if (code === marker.fill) {
      at++;
      continue;
    }
    const length = view.getUint16(at + 2);
    const end = at + 2 + length;
    if (length < 2 || end > coded.length) throw new Error("a segment of no length");
    if (code === kind.frame) {
      if (frame !== undefined) throw new Error("two frames");
      frame = readFrame(new DataView(view.buffer, view.byteOffset + at + 4, length - 2));
    } else if (code === marker.scan) {
      if (frame === undefined) throw new Error("a scan without a frame");
      const scan = new DataView(view.buffer, view.byteOffset + at + 4, length - 2);
      if (scan.byteLength !== 6 || scan.getUint8(0) !== 1 || scan.getUint8(1) !== frame.component)
        throw new Error("a scan of other components");
      if (kind === lossless && !tables.has(scan.getUint8(2) >> 4))
        throw new Error("a scan without its Huffman table");
      return { width: frame.width, height: frame.height, dataAt: end };
    } else if (!others.includes(code) && !isApplication(code)) {
      throw new Error(`a segment ${code.toString(16)}`);
    }
    if (code === marker.tables) for (const name of tablesIn(coded.subarray(at + 4, end))) tables.add(name);
    at = end;
  }
}

function readFrame(frame: DataView): Size & { component: number } {
  if (frame.byteLength !== 9 || frame.getUint8(5) !== 1) throw new Error("not one component");
  if (frame.getUint8(7) !== 0x11) throw new Error("a grey picture of several samples a pixel");
  return { height: frame.getUint16(1), width: frame.getUint16(3), component: frame.getUint8(6) };
}

/** The destinations of a segment's tables of class 0, which are all that a lossless JPEG has. */
function* tablesIn(segment: Uint8Array): Generator<number> {
  for (let at = 0; at < segment.length; ) {
    const name = segment[at] ?? 0;
    const values = segment.subarray(at + 1, at + 17).reduce((sum, count) => sum + count, 0);
    at += 17 + values;
    if (name > 0x1f || values === 0 || at > segment.length) throw new Error("a Huffman table that is none");
    if (name < 0x10) yield name;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
