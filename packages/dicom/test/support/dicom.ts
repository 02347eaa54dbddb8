/** A table of what levels become, for those from `first` on. */
export interface DicomTable {
  readonly first: number;
  readonly values: readonly number[];
  /** Of a value: two bytes where left out, a byte where 8. */
  readonly bits?: 8 | 16;
  /** Whether its sequence is of no length that is told. */
  readonly open?: boolean;
}

/** What a film is written with; all else is as a plain CR film has it. */
export interface DicomOptions {
  modality?: string;
  /** Its SOP class. */
  kind?: string;
  /** Of a secondary capture, what it was made from. */
  conversion?: string;
  syntax?: keyof typeof syntaxes;
  /** The picture of a syntax that compresses. */
  coded?: Uint8Array;
  /** What the header claims the size to be. */
  size?: readonly [width: number, height: number];
  photometric?: string;
  samples?: number;
  frames?: number;
  /** Of a pixel, height and width: as a ratio, or of one of the elements of spacing. */
  aspect?: readonly [element: "ratio" | "pixel" | "imager" | "scanned", values: string];
  bitsAllocated?: number;
  bitsStored?: number;
  highBit?: number;
  signed?: boolean;
  padding?: number;
  paddingLimit?: number;
  window?: readonly [centre: number, width: number];
  windowFunction?: "LINEAR_EXACT" | "SIGMOID";
  /** The VOI table, and the modality's. */
  table?: DicomTable;
  modalityTable?: DicomTable;
  rescale?: readonly [slope: number, intercept: number];
  /** Elements before the picture that say nothing, each so many bytes long. */
  noise?: readonly [elements: number, bytes: number];
  /** Of a picture that is not compressed: bytes, or words. */
  vr?: "OB" | "OW";
  /** Levels of a film 300 pixels wide, 260 high; without it a ramp from 0 to the greatest of `bitsStored`. */
  level?: (x: number, y: number) => number;
}

export const [width, height] = [300, 260];

const aspects = {
  imager: [0x18, 0x1164, "DS"],
  scanned: [0x18, 0x2010, "DS"],
  pixel: [0x28, 0x30, "DS"],
  ratio: [0x28, 0x34, "IS"],
} as const;

const syntaxes = {
  implicit: "1.2.840.10008.1.2",
  explicit: "1.2.840.10008.1.2.1",
  "big-endian": "1.2.840.10008.1.2.2",
  jpeg: "1.2.840.10008.1.2.4.50",
  "jpeg-lossless": "1.2.840.10008.1.2.4.70",
  "jpeg-ls": "1.2.840.10008.1.2.4.80",
  "jpeg-ls-lossy": "1.2.840.10008.1.2.4.81",
  "jpeg-2000": "1.2.840.10008.1.2.4.90",
  "jpeg-2000-lossy": "1.2.840.10008.1.2.4.91",
  htj2k: "1.2.840.10008.1.2.4.201",
  /** What every object has a property of. */
  constructor: "constructor",
};

/** The coded picture of a film in explicit little endian that is kept in one fragment. */
export function codedOf(film: Buffer): Buffer {
  const picture = film.lastIndexOf(Buffer.from([0xe0, 0x7f, 0x10, 0])) + 12;
  const fragment = picture + 8 + film.readUInt32LE(picture + 4);
  return film.subarray(fragment + 8, fragment + 8 + film.readUInt32LE(fragment + 4));
}

/** A DICOM film as PS3.10 has it, not compressed unless said. */
export function dicom(options: DicomOptions = {}): Buffer {
  const { syntax = "explicit", bitsAllocated = 16, bitsStored = 12, signed = false } = options;
  const little = syntax !== "big-endian";
  const {
    samples = 1,
    photometric = "MONOCHROME2",
    level = (x) => Math.round(((2 ** bitsStored - 1) * x) / 299),
  } = options;
  const short = (value: number) => {
    const bytes = Buffer.alloc(2);
    if (little) bytes.writeUInt16LE(value & 0xffff);
    else bytes.writeUInt16BE(value & 0xffff);
    return bytes;
  };
  const element = (
    group: number,
    item: number,
    vr: string,
    value: Buffer,
    explicit = syntax !== "implicit",
    le = little,
  ) => {
    const padded =
      value.length % 2 === 1 ? Buffer.concat([value, Buffer.from(vr === "UI" ? "\0" : " ")]) : value;
    const long = ["OB", "OW", "SQ", "UN"].includes(vr);
    const head = Buffer.alloc(explicit && long ? 12 : 8);
    const [u16, u32] = le
      ? ([head.writeUInt16LE.bind(head), head.writeUInt32LE.bind(head)] as const)
      : ([head.writeUInt16BE.bind(head), head.writeUInt32BE.bind(head)] as const);
    u16(group, 0);
    u16(item, 2);
    if (explicit) head.write(vr, 4, "latin1");
    if (!explicit) u32(padded.length, 4);
    else if (long) u32(padded.length, 8);
    else u16(padded.length, 6);
    return Buffer.concat([head, padded]);
  };
  const text = (group: number, item: number, vr: string, value: string) =>
    element(group, item, vr, Buffer.from(value, "latin1"));
  const number = (item: number, value: number, vr = "US") => element(0x28, item, vr, short(value));
  /** A sequence of one item, of a length that is told or not. */
  const sequence = (item: number, value: Buffer, open: boolean) => {
    const head = (tag: number, length: number) => {
      const bytes = Buffer.alloc(8);
      const [u16, u32] = little
        ? ([bytes.writeUInt16LE.bind(bytes), bytes.writeUInt32LE.bind(bytes)] as const)
        : ([bytes.writeUInt16BE.bind(bytes), bytes.writeUInt32BE.bind(bytes)] as const);
      u16(0xfffe, 0);
      u16(tag, 2);
      u32(length, 4);
      return bytes;
    };
    const whole = open
      ? [head(0xe000, 0xffffffff), value, head(0xe00d, 0), head(0xe0dd, 0)]
      : [head(0xe000, value.length), value];
    const bytes = element(0x28, item, "SQ", Buffer.concat(whole));
    const at = syntax === "implicit" ? 4 : 8;
    if (open) bytes.fill(0xff, at, at + 4);
    return bytes;
  };
  const table = (tag: number, { first, values, bits = 16, open = false }: DicomTable) => {
    const descriptor = Buffer.concat([values.length, first, bits].map(short));
    const data = bits === 16 ? Buffer.concat(values.map(short)) : Buffer.from(values);
    if (bits === 8 && !little) data.swap16();
    const item = [element(0x28, 0x3002, "US", descriptor), element(0x28, 0x3006, "OW", data)];
    return sequence(tag, Buffer.concat(item), open);
  };
  const fragment = (value: Uint8Array) => {
    const head = Buffer.from([0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0]);
    head.writeUInt32LE(value.length, 4);
    return Buffer.concat([head, value]);
  };
  const encapsulated = (coded: Uint8Array) =>
    Buffer.concat([
      Buffer.from([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]),
      fragment(Buffer.alloc(0)),
      fragment(coded.length % 2 === 1 ? Buffer.concat([coded, Buffer.alloc(1)]) : coded),
      Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]),
    ]);
  const meta = [
    element(2, 2, "UI", Buffer.from("1.2.840.10008.5.1.4.1.1.1"), true, true),
    element(2, 3, "UI", Buffer.from("1.2.3.4"), true, true),
    element(2, 0x10, "UI", Buffer.from(syntaxes[syntax]), true, true),
    element(2, 0x12, "UI", Buffer.from("1.2.3"), true, true),
  ];
  const metaLength = Buffer.alloc(4);
  metaLength.writeUInt32LE(Buffer.concat(meta).length);
  const picture = Buffer.alloc((width * height * samples * bitsAllocated) / 8);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      if (bitsAllocated === 16) short(level(x, y)).copy(picture, 2 * at);
      else picture[at] = level(x, y);
    }
  const aspectIn = (group: 0x18 | 0x28) => {
    const [kind, values] = options.aspect ?? ["ratio", ""];
    const [of, item, valueKind] = aspects[kind];
    return values === "" || of !== group ? [] : [text(of, item, valueKind, values)];
  };
  const { vr = "OW" } = options;
  if (bitsAllocated === 8 && vr === "OW" && !little) picture.swap16();
  const [elements, bytes] = options.noise ?? [0, 0];
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from("DICM"),
    element(2, 0, "UL", metaLength, true, true),
    ...meta,
    text(8, 0x16, "UI", options.kind ?? "1.2.840.10008.5.1.4.1.1.1"),
    text(8, 0x18, "UI", "1.2.3.4"),
    text(8, 0x60, "CS", options.modality ?? "CR"),
    ...(options.conversion === undefined ? [] : [text(8, 0x64, "CS", options.conversion)]),
    ...Array.from({ length: elements }, (_, at) => element(9, 0x1000 + at, "UN", Buffer.alloc(bytes))),
    text(0x10, 0x10, "PN", "Doe^Jane"),
    ...aspectIn(0x18),
    number(2, samples),
    text(0x28, 4, "CS", photometric),
    ...(options.frames === undefined ? [] : [text(0x28, 8, "IS", String(options.frames))]),
    number(0x10, options.size?.[1] ?? height),
    number(0x11, options.size?.[0] ?? width),
    ...aspectIn(0x28),
    number(0x100, bitsAllocated),
    number(0x101, bitsStored),
    number(0x102, options.highBit ?? bitsStored - 1),
    number(0x103, signed ? 1 : 0),
    ...(options.padding === undefined ? [] : [number(0x120, options.padding, signed ? "SS" : "US")]),
    ...(options.paddingLimit === undefined
      ? []
      : [number(0x121, options.paddingLimit, signed ? "SS" : "US")]),
    ...(options.window === undefined
      ? []
      : [
          text(0x28, 0x1050, "DS", `${options.window[0]}\\${options.window[0] + 1}`),
          text(0x28, 0x1051, "DS", `${options.window[1]}\\${options.window[1] + 1}`),
        ]),
    ...(options.rescale === undefined
      ? []
      : [
          text(0x28, 0x1052, "DS", String(options.rescale[1])),
          text(0x28, 0x1053, "DS", String(options.rescale[0])),
        ]),
    ...(options.windowFunction === undefined ? [] : [text(0x28, 0x1056, "CS", options.windowFunction)]),
    ...(options.modalityTable === undefined ? [] : [table(0x3000, options.modalityTable)]),
    ...(options.table === undefined ? [] : [table(0x3010, options.table)]),
    options.coded === undefined ? element(0x7fe0, 0x10, vr, picture) : encapsulated(options.coded),
  ]);
}
