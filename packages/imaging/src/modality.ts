import { type DataSet, type LookupTable, lookUp, readTable } from "./lookup-table.js";

/** What a film's stored levels stand for, in whose units the file asks how to show them (PS3.3, C.11.1): rescaled, or by a table. */
export type Modality = {
  /** Whether the greater stored level stands for less, and is the darker one. */
  readonly falls: boolean;
} & (
  | { readonly kind: "rescale"; readonly slope: number; readonly intercept: number }
  | { readonly kind: "table"; readonly table: LookupTable }
);

const tags = {
  bitsStored: 0x00280101,
  signed: 0x00280103,
  intercept: 0x00281052,
  slope: 0x00281053,
  tables: 0x00283000,
} as const;

export function readModality(set: DataSet): Modality {
  const { data } = set;
  const signed = data.short(tags.signed) === 1;
  const table = readTable(set, tags.tables, signed);
  if (table !== undefined) {
    const range = 2 ** (data.short(tags.bitsStored) ?? 16);
    const least = signed ? -range / 2 : 0;
    return { kind: "table", table, falls: lookUp(table, least) > lookUp(table, least + range - 1) };
  }
  const [slope, intercept] = [data.number(tags.slope) ?? 1, data.number(tags.intercept) ?? 0];
  return { kind: "rescale", slope, intercept, falls: slope < 0 };
}

/** What a stored level stands for. */
export function valueFor(modality: Modality, level: number): number {
  return modality.kind === "table"
    ? lookUp(modality.table, level)
    : level * modality.slope + modality.intercept;
}

/** The stored levels that stand for what lies from `low` to `high`; undefined where none does. */
export function levelsFor(
  modality: Modality,
  low: number,
  high: number,
): { readonly low: number; readonly high: number } | undefined {
  if (modality.kind === "rescale") {
    const { slope, intercept } = modality;
    const ends = [low, high].map((value) => (value - intercept) / slope);
    return { low: Math.min(...ends), high: Math.max(...ends) };
  }
  const { first, values } = modality.table;
  const within = (value: number) => value >= low && value <= high;
  const [from, to] = [values.findIndex(within), values.findLastIndex(within)];
  if (from === -1) return undefined;
  // What lies beside the table stands for what its end does.
  return {
    low: from === 0 ? Number.NEGATIVE_INFINITY : from + first,
    high: to === values.length - 1 ? Number.POSITIVE_INFINITY : to + first,
  };
}
