import type { Structure } from "./index.js";
import { damage, mostParts, unreadable } from "./refusals.js";

const tags = {
  subfileType: 254,
  bitsPerSample: 258,
  stripOffsets: 273,
  stripByteCounts: 279,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
} as const;

/** Bytes of each field type, by the type's number (TIFF 6.0, section 2; 13 and 16 to 18 from its supplements). */
const sizes: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
const readableBits = new Set([1, 2, 4, 8, 16]);
/** More directories than this are no film, and a loop of directories ends here. */
const mostDirectories = 64;
/** The standard knows some hundred. */
const mostFields = 512;

interface Field {
  type: number;
  count: number;
  /** Where the values are. */
  offset: number;
}

/** A TIFF's bytes with its byte order and its word size: classic (32-bit offsets) or BigTIFF (64-bit). */
class TiffReader {
  readonly bytes: Buffer;
  readonly big: boolean;
  readonly #little: boolean;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#little = bytes[0] === 0x49;
    this.big = this.unsigned(2, 2) === 43;
  }

  unsigned(offset: number, size: number): number {
    if (offset + size > this.bytes.length) throw damage("the TIFF is cut off");
    if (size === 8) {
      const value = this.#little ? this.bytes.readBigUInt64LE(offset) : this.bytes.readBigUInt64BE(offset);
      return Number(value);
    }
    return this.#little ? this.bytes.readUIntLE(offset, size) : this.bytes.readUIntBE(offset, size);
  }

  first(): number {
    return this.big ? this.unsigned(8, 8) : this.unsigned(4, 4);
  }

  /** The directory at `offset`: its fields by tag, and the next directory's offset (0 at the end). */
  directory(offset: number): { fields: Map<number, Field>; next: number } {
    const [head, entry, word] = this.big ? [8, 20, 8] : [2, 12, 4];
    const entries = this.unsigned(offset, head);
    if (entries > mostFields) throw damage("a TIFF directory has more fields than there are");
    if (offset + head + entries * entry + word > this.bytes.length)
      throw damage("a TIFF directory is cut off");
    const fields = new Map<number, Field>();
    for (let i = 0; i < entries; i++) {
      const at = offset + head + i * entry;
      const type = this.unsigned(at + 2, 2);
      const count = this.unsigned(at + 4, word);
      const size = count * (sizes[type] ?? 0);
      const inline = at + 4 + word;
      const value = size <= word ? inline : this.unsigned(inline, word);
      if (value + size > this.bytes.length) throw damage("a TIFF field is cut off");
      fields.set(this.unsigned(at, 2), { type, count, offset: value });
    }
    return { fields, next: this.unsigned(offset + head + entries * entry, word) };
  }

  /** Value `index` of a field of whole numbers. */
  value(field: Field, index: number): number {
    const size = sizes[field.type] ?? 0;
    if (size === 0 || index >= field.count) throw damage("a TIFF field has no such value");
    return this.unsigned(field.offset + index * size, size);
  }
}

/**
 * Walks a TIFF's directories (TIFF 6.0 and BigTIFF) and checks that every strip or tile of each lies within the file.
 * Directories marked as reduced copies or masks of another (bits 0 and 2 of NewSubfileType) are no pages of their own.
 */
export function walkTiff(bytes: Buffer): Structure {
  const reader = new TiffReader(bytes);
  let found: number | undefined;
  let animated = false;
  let strips = 0;
  let offset = reader.first();
  for (let page = 0; offset !== 0; page++) {
    if (page === mostDirectories) return { animated: true };
    const { fields, next } = reader.directory(offset);
    strips += checkData(reader, fields, mostParts - strips);
    const subfile = fields.get(tags.subfileType);
    if (subfile === undefined || (reader.value(subfile, 0) & 0b101) === 0) {
      if (found !== undefined) animated = true;
      else if ((fields.get(tags.extraSamples)?.count ?? 0) > 1)
        throw unreadable("A TIFF with several samples beside its colours is not read.");
      found ??= page;
    }
    offset = next;
  }
  if (found === undefined) throw damage("the TIFF has no page");
  return { animated, page: found };
}

/** Checks that a directory's picture data is there; returns how many strips or tiles it has, at most `most`. */
function checkData(reader: TiffReader, fields: Map<number, Field>, most: number): number {
  const bits = fields.get(tags.bitsPerSample);
  if (bits !== undefined && !readableBits.has(reader.value(bits, 0))) {
    throw unreadable(`A TIFF of ${reader.value(bits, 0)} bits a sample is not read: send 8 or 16 bits.`);
  }
  const offsets = fields.get(tags.stripOffsets) ?? fields.get(tags.tileOffsets);
  const counts = fields.get(tags.stripByteCounts) ?? fields.get(tags.tileByteCounts);
  if (offsets === undefined || counts === undefined) throw damage("a TIFF page has no picture data");
  if (offsets.count !== counts.count) throw damage("a TIFF page has not as many offsets as lengths");
  if (offsets.count > most) throw unreadable(`A TIFF of more than ${mostParts} strips or tiles is not read.`);
  for (let i = 0; i < offsets.count; i++) {
    if (reader.value(offsets, i) + reader.value(counts, i) > reader.bytes.length) {
      throw damage("the TIFF is cut off inside its picture data");
    }
  }
  return offsets.count;
}
