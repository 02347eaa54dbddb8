import type { ElementValues, ElementWalk, Encoding, Place } from "./dicom-elements.js";

/** A table of what levels become: those before it become its first value, those behind it its last (PS3.3, C.11.1.1.1). */
export interface LookupTable {
  /** The level that the first value is for. */
  readonly first: number;
  readonly values: Uint16Array;
}

/** What the walk over the file's elements found. */
export interface DataSet {
  readonly data: ElementValues;
  readonly places: ReadonlyMap<number, Place>;
  readonly walk: ElementWalk;
  readonly encoding: Encoding;
  /** Reads the elements of an item. */
  read(places: ReadonlyMap<number, Place>): ElementValues;
}

const tags = { descriptor: 0x00283002, table: 0x00283006 } as const;

/**
 * The table in the first item of a sequence. What is there but makes no sense is none: it costs no film.
 * @param signed whether the first level can be below zero
 */
export function readTable(set: DataSet, sequence: number, signed: boolean): LookupTable | undefined {
  const place = set.places.get(sequence);
  // A head of eight bytes, and at least something in it.
  if (place === undefined || (place.length ?? 0) <= 8) return undefined;
  try {
    const item = set.read(set.walk.until(tags.table + 1, place.offset + 8, set.encoding).places);
    const values = readValues(item, set.encoding.littleEndian);
    const first = item.shorts(tags.descriptor, signed)[1] ?? 0;
    return values === undefined ? undefined : { first, values };
  } catch {
    return undefined;
  }
}

function readValues(item: ElementValues, littleEndian: boolean): Uint16Array | undefined {
  const [entries, , bits = 0] = item.shorts(tags.descriptor);
  if (entries === undefined || bits < 8 || bits > 16) return undefined;
  const length = entries === 0 ? 65_536 : entries;
  const words = item.shorts(tags.table);
  if (words.length >= length) return Uint16Array.from(words.slice(0, length));
  // Values of 8 bits take a byte or, in some files, two: their number tells (PS3.3, C.11.2.1.1, note).
  const bytes = item.bytes(tags.table);
  if (bits !== 8 || bytes.length < length) return undefined;
  // Two make a word, the first its lower half, and words are turned round by the byte order (PS3.5, 7.3).
  return Uint16Array.from({ length }, (_, at) => bytes[littleEndian ? at : at ^ 1] ?? 0);
}

export function lookUp({ first, values }: LookupTable, level: number): number {
  const at = Math.round(level) - first;
  return values[Math.min(Math.max(at, 0), values.length - 1)] ?? 0;
}

/** The greatest that a table makes, 1 at least. */
export function greatestOf({ values }: LookupTable): number {
  return values.reduce((most, value) => Math.max(most, value), 1);
}
