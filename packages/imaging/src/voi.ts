import type { ElementValues, ElementWalk, Encoding, Place } from "./dicom-elements.js";
import type { Asked } from "./window.js";

/** How a DICOM file asks for its levels to be shown (PS3.3, C.11.2). What does not say how to rescale is in stored levels. */
export type Voi =
  | { readonly kind: "linear"; readonly low: number; readonly high: number }
  | { readonly kind: "sigmoid"; readonly centre: number; readonly width: number }
  | {
      readonly kind: "table";
      readonly slope: number;
      readonly intercept: number;
      /** The rescaled level that the first value is for. */
      readonly first: number;
      readonly values: Uint16Array;
    };

const tags = {
  signed: 0x00280103,
  windowCentre: 0x00281050,
  windowWidth: 0x00281051,
  intercept: 0x00281052,
  slope: 0x00281053,
  windowFunction: 0x00281056,
  descriptor: 0x00283002,
  table: 0x00283006,
  tables: 0x00283010,
} as const;

/** What the walk over the file's elements found. */
interface DataSet {
  readonly data: ElementValues;
  readonly places: ReadonlyMap<number, Place>;
  readonly walk: ElementWalk;
  readonly encoding: Encoding;
  /** Reads the elements of an item. */
  read(places: ReadonlyMap<number, Place>): ElementValues;
}

/** The first table that the file has, else the first window. What is there but makes no sense is none: it costs no film. */
export function readVoi(set: DataSet): Voi | undefined {
  const { data } = set;
  const [slope, intercept] = [data.number(tags.slope) ?? 1, data.number(tags.intercept) ?? 0];
  if (slope === 0) return undefined;
  return tryTable(set, slope, intercept) ?? readWindow(data, slope, intercept);
}

function tryTable(set: DataSet, slope: number, intercept: number): Voi | undefined {
  try {
    return readTable(set, slope, intercept);
  } catch {
    return undefined;
  }
}

function readWindow(data: ElementValues, slope: number, intercept: number): Voi | undefined {
  const [centre, width] = [data.number(tags.windowCentre), data.number(tags.windowWidth)];
  if (centre === undefined || width === undefined || width <= 1) return undefined;
  const stored = (level: number) => (level - intercept) / slope;
  if (data.text(tags.windowFunction) === "SIGMOID")
    return { kind: "sigmoid", centre: stored(centre), width: width / Math.abs(slope) };
  const ends = [centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2].map(stored);
  return { kind: "linear", low: Math.min(...ends), high: Math.max(...ends) };
}

function readTable(set: DataSet, slope: number, intercept: number): Voi | undefined {
  const place = set.places.get(tags.tables);
  // A head of eight bytes, and at least something in it.
  if (place === undefined || (place.length ?? 0) <= 8) return undefined;
  const item = set.read(set.walk.until(tags.table + 1, place.offset + 8, set.encoding).places);
  const [entries, , bits = 0] = item.shorts(tags.descriptor);
  const values = item.shorts(tags.table);
  if (entries === undefined || bits < 8 || bits > 16) return undefined;
  const length = entries === 0 ? 65_536 : entries;
  if (values.length < length) return undefined;
  // Below zero it can be where the levels can: by themselves, or as they are rescaled.
  const signed = set.data.short(tags.signed) === 1 || intercept < 0;
  const first = item.shorts(tags.descriptor, signed)[1] ?? 0;
  return { kind: "table", slope, intercept, first, values: Uint16Array.from(values.slice(0, length)) };
}

/** As `window16` takes it, for levels that were moved up by `offset`. */
export function askedBy(voi: Voi | undefined, offset: number): Asked | undefined {
  switch (voi?.kind) {
    case undefined:
      return undefined;
    case "linear":
      return { low: voi.low + offset, high: voi.high + offset };
    case "sigmoid": {
      const { centre, width } = voi;
      return { curve: (level) => 1 / (1 + Math.exp((-4 * (level - offset - centre)) / width)) };
    }
    case "table": {
      const { slope, intercept, first, values } = voi;
      const top = values.reduce((most, value) => Math.max(most, value), 1);
      return {
        curve: (level) => {
          const at = Math.round((level - offset) * slope + intercept) - first;
          return (values[Math.min(Math.max(at, 0), values.length - 1)] ?? 0) / top;
        },
      };
    }
  }
}
