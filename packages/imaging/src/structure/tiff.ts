import type { Structure } from "./index.js";
import { damage, mostParts, unreadable } from "./refusals.js";
import { type Field, mostDirectories, TiffReader } from "./tiff-reader.js";

const tags = {
  subfileType: 254,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  samples: 277,
  stripByteCounts: 279,
  planes: 284,
  tileOffsets: 324,
  tileByteCounts: 325,
  inks: 332,
  extraSamples: 338,
  subsampling: 530,
} as const;

const readableBits = new Set([1, 2, 4, 8, 16]);
/** None, CCITT (three kinds), LZW, JPEG, Deflate by either number, and PackBits: what the decoder is built with. */
const readableCompressions = new Set([1, 2, 3, 4, 5, 7, 8, 32946, 32773]);
/** Of grey of either kind, RGB, palette, CMYK and YCbCr: how many samples a pixel's colours have. */
const readablePhotometrics: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 1],
  [2, 3],
  [3, 1],
  [5, 4],
  [6, 3],
]);

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
      else checkColours(reader, fields);
      found ??= page;
    }
    offset = next;
  }
  if (found === undefined) throw damage("the TIFF has no page");
  return { animated, page: found };
}

/** Checks that the decoder reads a page's samples as what they are. */
function checkColours(reader: TiffReader, fields: Map<number, Field>): void {
  const photometric = first(reader, fields, tags.photometric, 1);
  const samples = first(reader, fields, tags.samples, 1);
  const beside = samples - (readablePhotometrics.get(photometric) ?? 0);
  if (beside > 1 || (fields.get(tags.extraSamples)?.count ?? 0) > 1)
    throw unreadable("A TIFF with several samples beside its colours is not read.");
  if (beside < 0 || (photometric === 5 && first(reader, fields, tags.inks, 1) !== 1))
    throw unreadable(
      `A TIFF of ${samples} samples a pixel that are no grey, RGB or CMYK is not read: send grey or RGB.`,
    );
  // It makes RGB of YCbCr where it must unpack it, and takes it for RGB elsewhere.
  if (photometric === 6 && first(reader, fields, tags.compression, 1) !== 7) {
    const ratios = fields.get(tags.subsampling);
    if (ratios !== undefined && [0, 1].every((at) => reader.value(ratios, at) === 1))
      throw unreadable("A TIFF of YCbCr is read as JPEG or subsampled only: send grey or RGB.");
  }
  if (samples > 1 && first(reader, fields, tags.planes, 1) === 2 && fields.has(tags.tileOffsets))
    throw unreadable("A TIFF of tiles with separate planes is not read: send strips, or one plane.");
}

/** A field's first value. */
function first(reader: TiffReader, fields: Map<number, Field>, tag: number, absent: number): number {
  const field = fields.get(tag);
  return field === undefined ? absent : reader.value(field, 0);
}

/** Checks that a directory's picture data is there; returns how many strips or tiles it has, at most `most`. */
function checkData(reader: TiffReader, fields: Map<number, Field>, most: number): number {
  const bits = first(reader, fields, tags.bitsPerSample, 1);
  if (!readableBits.has(bits))
    throw unreadable(`A TIFF of ${bits} bits a sample is not read: send 8 or 16 bits.`);
  const compression = first(reader, fields, tags.compression, 1);
  if (!readableCompressions.has(compression))
    throw unreadable(`A TIFF of compression ${compression} is not read: send LZW, Deflate or none.`);
  const photometric = first(reader, fields, tags.photometric, 1);
  if (!readablePhotometrics.has(photometric))
    throw unreadable(`A TIFF of photometric interpretation ${photometric} is not read: send grey or RGB.`);
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
