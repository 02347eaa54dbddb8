import { damage, mostParts } from "./structure/refusals.js";

/** Where a value lies in the file. */
export interface Place {
  readonly offset: number;
  /** Bytes; of a picture in fragments not known. */
  readonly length: number | undefined;
  /** Where elements are written with it. */
  readonly vr: string | undefined;
}

/** How elements are written (PS3.5, 7.1): with their VR or without it, and the byte order. */
export interface Encoding {
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

/** VRs whose length takes four bytes behind two that are not used. */
const longVrs = new Set(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]);
const undefinedLength = 0xffffffff;
const item = 0xfffee000;
const itemEnd = 0xfffee00d;
const sequenceEnd = 0xfffee0dd;
/** Sequences within sequences; films have two or three. */
const deepest = 16;

/**
 * Walks over a data set's elements without reading what they hold. It looks at no more than some thousand: a file that consists of
 * nothing else would hold the event loop up.
 */
export class ElementWalk {
  readonly #view: DataView;
  #left = mostParts;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /**
   * The places of the elements from `offset` on, by their tags, to the first that is `last` or beyond it, and where that begins.
   * @throws RangeError or ProblemError where it makes no sense
   */
  until(last: number, offset: number, encoding: Encoding): { places: Map<number, Place>; end: number } {
    const places = new Map<number, Place>();
    let at = offset;
    while (at < this.#view.byteLength) {
      const { tag, place, next } = this.#element(at, encoding, 0);
      if (tag >= last) {
        if (tag === last) places.set(tag, place);
        return { places, end: at };
      }
      places.set(tag, place);
      at = next;
    }
    return { places, end: at };
  }

  #element(at: number, encoding: Encoding, depth: number): { tag: number; place: Place; next: number } {
    if (this.#left-- === 0) throw damage(`the DICOM file has more than ${mostParts} elements`);
    const { explicit, littleEndian: le } = encoding;
    const tag = this.#tag(at, le);
    // Delimiters have no VR.
    const vr = explicit && tag >>> 16 !== 0xfffe ? this.#text(at + 4) : undefined;
    const long = vr === undefined || longVrs.has(vr);
    const start = at + (vr !== undefined && long ? 12 : 8);
    const length = long ? this.#view.getUint32(start - 4, le) : this.#view.getUint16(start - 2, le);
    if (length !== undefinedLength)
      return { tag, place: { offset: start, length, vr }, next: start + length };
    if (tag === 0x7fe00010) return { tag, place: { offset: start, length: undefined, vr }, next: start };
    // What is of an unknown VR and of no length is written without VRs (PS3.5, 6.2.2, note 2).
    const inner = vr === "UN" ? { explicit: false, littleEndian: true } : encoding;
    const next = this.#behindItems(start, inner, depth + 1);
    return { tag, place: { offset: start, length: next - start, vr }, next };
  }

  #behindItems(from: number, encoding: Encoding, depth: number): number {
    if (depth > deepest) throw damage("the DICOM file's sequences lie too deep");
    for (let at = from; ; ) {
      if (this.#left-- === 0) throw damage(`the DICOM file has more than ${mostParts} elements`);
      const tag = this.#tag(at, encoding.littleEndian);
      const length = this.#view.getUint32(at + 4, encoding.littleEndian);
      at += 8;
      if (tag === sequenceEnd) return at;
      if (tag !== item) throw damage("a DICOM sequence makes no sense");
      at = length === undefinedLength ? this.#behindItem(at, encoding, depth) : at + length;
    }
  }

  #behindItem(from: number, encoding: Encoding, depth: number): number {
    for (let at = from; ; ) {
      const { tag, next } = this.#element(at, encoding, depth);
      if (tag === itemEnd) return next;
      at = next;
    }
  }

  #tag(at: number, littleEndian: boolean): number {
    return (
      ((this.#view.getUint16(at, littleEndian) << 16) | this.#view.getUint16(at + 2, littleEndian)) >>> 0
    );
  }

  #text(at: number): string {
    return String.fromCharCode(this.#view.getUint8(at), this.#view.getUint8(at + 1));
  }
}

/** Reads the values of elements that were walked over: unless said the first of each, undefined where there is none. */
export class ElementValues {
  readonly #bytes: Uint8Array;
  readonly #places: ReadonlyMap<number, Place>;
  readonly #littleEndian: boolean;

  constructor(bytes: Uint8Array, places: ReadonlyMap<number, Place>, littleEndian: boolean) {
    this.#bytes = bytes;
    this.#places = places;
    this.#littleEndian = littleEndian;
  }

  text(tag: number): string | undefined {
    return this.#texts(tag)[0];
  }

  #texts(tag: number): string[] {
    const { offset, length = 0 } = this.#places.get(tag) ?? { offset: 0 };
    if (length === 0) return [];
    // No value that is read is longer.
    const text = Buffer.from(this.#bytes.subarray(offset, offset + Math.min(length, 256))).toString("latin1");
    return text.split("\\").map((each) => each.replace(/^[\0 ]+|[\0 ]+$/g, ""));
  }

  /** A decimal or integer string. */
  number(tag: number): number | undefined {
    const text = this.text(tag);
    const value = Number(text);
    return text === undefined || text === "" || !Number.isFinite(value) ? undefined : value;
  }

  /** All values of a decimal or integer string: of what is no number NaN. */
  numbers(tag: number): number[] {
    return this.#texts(tag).map((text) => (text === "" ? Number.NaN : Number(text)));
  }

  /** A number of two bytes. */
  short(tag: number, signed = false): number | undefined {
    return this.shorts(tag, signed, 1)[0];
  }

  /** A value as it lies in the file, at most so many bytes of it: all that are there. */
  bytes(tag: number, most = 131_072): Uint8Array {
    const { offset, length = 0 } = this.#places.get(tag) ?? { offset: 0 };
    return this.#bytes.subarray(offset, offset + Math.min(length, most));
  }

  /** Numbers of two bytes each, at most so many: all that are there. */
  shorts(tag: number, signed = false, most = 65_536): number[] {
    const bytes = this.bytes(tag, 2 * most);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Array.from({ length: bytes.length >> 1 }, (_, at) =>
      signed ? view.getInt16(2 * at, this.#littleEndian) : view.getUint16(2 * at, this.#littleEndian),
    );
  }
}

/**
 * The fragments of a picture that is kept in some (PS3.5, A.4), without the table of offsets before them.
 * @throws ProblemError `film-damaged` where the file ends within them
 */
export function fragmentsAt(bytes: Uint8Array, offset: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const fragments: Uint8Array[] = [];
  for (let at = offset, items = 0; at + 8 <= bytes.length && items <= mostParts; items++) {
    const tag = ((view.getUint16(at, true) << 16) | view.getUint16(at + 2, true)) >>> 0;
    const length = view.getUint32(at + 4, true);
    at += 8;
    if (tag === sequenceEnd && fragments.length > 0) return fragments;
    if (tag !== item || at + length > bytes.length) break;
    if (items > 0) fragments.push(bytes.subarray(at, at + length));
    at += length;
    // The delimiter is asked for, but what matters is there.
    if (at === bytes.length && fragments.length > 0) return fragments;
  }
  throw damage("the DICOM file is cut off inside its picture data, or its fragments make no sense");
}
