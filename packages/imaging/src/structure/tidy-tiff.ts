import { type Field, mostDirectories, TiffReader } from "./tiff-reader.js";

/** What decoding needs to know (TIFF 6.0 and its supplements): the layout of the samples, how they are coded, and what they mean. */
const needed = new Set([
  254, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325,
  332, 338, 339, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532, 34675,
]);
const [photometric, orientation, samplesPerPixel, extraSamples] = [262, 274, 277, 338];
/** Samples of a pixel's colours, by what they mean; 1 for any other. */
const colours: Readonly<Record<number, number>> = { 2: 3, 5: 4, 6: 3, 8: 3 };
const short = 3;

/**
 * A copy of a TIFF whose directories say nothing but what decoding needs, in order. Decoders take for damage what does no harm to a
 * picture: a text without its end, fields out of order or twice, an orientation that is none, a sample beside the colours that
 * nobody announced.
 */
export function tidyTiff(bytes: Buffer): Buffer {
  const reader = new TiffReader(bytes);
  const directories: Buffer[] = [];
  for (let offset = reader.first(); offset !== 0 && directories.length < mostDirectories; ) {
    const { fields, next } = reader.directory(offset);
    directories.push(tidy(reader, fields));
    offset = next;
  }
  // Directories begin at even places.
  const padding = Buffer.alloc(bytes.length % 2);
  const copy = Buffer.concat([bytes, padding, ...directories]);
  let [pointer, end] = [reader.start, bytes.length + padding.length];
  for (const { length } of directories) {
    write(reader, copy, end, pointer, reader.lengths.word);
    end += length;
    pointer = end - reader.lengths.word;
  }
  return copy;
}

/** Writes a whole number as the reader reads it. */
function write({ little }: TiffReader, into: Buffer, value: number, offset: number, size: number): void {
  if (size === 8) {
    if (little) into.writeBigUInt64LE(BigInt(value), offset);
    else into.writeBigUInt64BE(BigInt(value), offset);
  } else if (little) into.writeUIntLE(value, offset, size);
  else into.writeUIntBE(value, offset, size);
}

/** A directory without a next one, of an even number of bytes. */
function tidy(reader: TiffReader, fields: ReadonlyMap<number, Field>): Buffer {
  const { head, entry, word } = reader.lengths;
  const entries = [...fields]
    .filter(
      ([tag, field]) => needed.has(tag) && !(tag === orientation && !isOrientation(reader.value(field, 0))),
    )
    .map(([tag, { at }]) => ({ tag, bytes: reader.bytes.subarray(at, at + entry) }));
  if (isSampleUnannounced(reader, fields)) {
    const announced = Buffer.alloc(entry);
    write(reader, announced, extraSamples, 0, 2);
    write(reader, announced, short, 2, 2);
    write(reader, announced, 1, 4, word);
    entries.push({ tag: extraSamples, bytes: announced });
  }
  entries.sort((one, other) => one.tag - other.tag);
  const directory = Buffer.alloc(head + entries.length * entry + word);
  write(reader, directory, entries.length, 0, head);
  for (const [index, each] of entries.entries()) each.bytes.copy(directory, head + index * entry);
  return directory;
}

function isOrientation(value: number): boolean {
  return value >= 1 && value <= 8;
}

/** Whether there is one sample beside the colours without a field that says so. */
function isSampleUnannounced(reader: TiffReader, fields: ReadonlyMap<number, Field>): boolean {
  const value = (tag: number) => {
    const field = fields.get(tag);
    return field === undefined ? undefined : reader.value(field, 0);
  };
  const samples = value(samplesPerPixel) ?? 1;
  return !fields.has(extraSamples) && samples === (colours[value(photometric) ?? 0] ?? 1) + 1;
}
