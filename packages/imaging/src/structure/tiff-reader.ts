import { damage } from "./refusals.js";

/** Bytes of each field type, by the type's number (TIFF 6.0, section 2; 13 and 16 to 18 from its supplements). */
const sizes: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
/** More directories than this are no film, and a loop of directories ends here. */
export const mostDirectories = 64;
/** The standard knows some hundred. */
const mostFields = 512;

/** An entry of a directory. */
export interface Field {
  /** Where the entry is. */
  at: number;
  type: number;
  count: number;
  /** Where the values are. */
  offset: number;
}

/** A TIFF's bytes with its byte order and its word size: classic (32-bit offsets) or BigTIFF (64-bit). */
export class TiffReader {
  readonly bytes: Buffer;
  readonly big: boolean;
  readonly little: boolean;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.little = bytes[0] === 0x49;
    this.big = this.unsigned(2, 2) === 43;
  }

  unsigned(offset: number, size: number): number {
    if (offset + size > this.bytes.length) throw damage("the TIFF is cut off");
    if (size === 8) {
      const value = this.little ? this.bytes.readBigUInt64LE(offset) : this.bytes.readBigUInt64BE(offset);
      return Number(value);
    }
    return this.little ? this.bytes.readUIntLE(offset, size) : this.bytes.readUIntBE(offset, size);
  }

  first(): number {
    return this.unsigned(this.start, this.lengths.word);
  }

  /** Bytes of a directory's number of entries, of an entry, and of an offset. */
  get lengths(): { head: number; entry: number; word: number } {
    return this.big ? { head: 8, entry: 20, word: 8 } : { head: 2, entry: 12, word: 4 };
  }

  /** Where the offset of the first directory is. */
  get start(): number {
    return this.big ? 8 : 4;
  }

  /** The directory at `offset`: its fields by tag, and the next directory's offset (0 at the end). */
  directory(offset: number): { fields: Map<number, Field>; next: number } {
    const { head, entry, word } = this.lengths;
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
      const tag = this.unsigned(at, 2);
      // Decoders take the first of several, too.
      if (!fields.has(tag)) fields.set(tag, { at, type, count, offset: value });
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
