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
  const parts: Buffer[] = [
    bytes.length % 2 === 0 ? Buffer.from(bytes) : Buffer.concat([bytes, Buffer.alloc(1)]),
  ];
  let end = parts[0]?.length ?? 0;
  let pointer: { into: Buffer; at: number } = { into: parts[0] as Buffer, at: reader.start };
  let offset = reader.first();
  for (let count = 0; offset !== 0 && count < mostDirectories; count++) {
    const { fields, next } = reader.directory(offset);
    const directory = tidy(reader, fields);
    reader.write(pointer.into, end, pointer.at, reader.lengths.word);
    pointer = { into: directory, at: directory.length - reader.lengths.word };
    parts.push(directory);
    end += directory.length;
    offset = next;
  }
  return Buffer.concat(parts);
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
    reader.write(announced, extraSamples, 0, 2);
    reader.write(announced, short, 2, 2);
    reader.write(announced, 1, 4, word);
    entries.push({ tag: extraSamples, bytes: announced });
  }
  entries.sort((one, other) => one.tag - other.tag);
  const directory = Buffer.alloc(head + entries.length * entry + word);
  reader.write(directory, entries.length, 0, head);
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
