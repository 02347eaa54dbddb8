import type { ElementValues } from "./dicom-elements.js";
import { type DataSet, greatestOf, type LookupTable, lookUp, readTable } from "./lookup-table.js";
import { levelsFor, type Modality, valueFor } from "./modality.js";
import type { Asked } from "./window.js";

/** How a DICOM file asks for its levels to be shown (PS3.3, C.11.2), in the units of its modality. */
export type Voi =
  | { readonly kind: "linear"; readonly low: number; readonly high: number }
  | { readonly kind: "sigmoid"; readonly centre: number; readonly width: number }
  | { readonly kind: "table"; readonly table: LookupTable };

const tags = {
  signed: 0x00280103,
  windowCentre: 0x00281050,
  windowWidth: 0x00281051,
  windowFunction: 0x00281056,
  tables: 0x00283010,
} as const;

/** The first table that the file has, then the first window: the window is for where the table does not count. */
export function readVoi(set: DataSet, modality: Modality): Voi[] {
  if (modality.kind === "rescale" && modality.slope === 0) return [];
  // Below zero a table can begin where levels can be: by themselves, or as they are rescaled.
  const signed =
    modality.kind === "rescale" &&
    (set.data.short(tags.signed) === 1 || modality.intercept < 0 || modality.slope < 0);
  const table = readTable(set, tags.tables, signed);
  return [...(table === undefined ? [] : [{ kind: "table", table } as const]), ...readWindow(set.data)];
}

function readWindow(data: ElementValues): Voi[] {
  const [centre, width] = [data.number(tags.windowCentre), data.number(tags.windowWidth)];
  if (centre === undefined || width === undefined || width <= 0) return [];
  const shape = data.text(tags.windowFunction);
  if (shape === "SIGMOID") return [{ kind: "sigmoid", centre, width }];
  if (shape === "LINEAR_EXACT") return [linear(centre, width)];
  // Plain LINEAR counts whole levels, from the middle of the first to the middle of the last (PS3.3, C.11.2.1.2.1).
  return width > 1 ? [linear(centre - 0.5, width - 1)] : [];
}

function linear(middle: number, width: number): Voi {
  return { kind: "linear", low: middle - width / 2, high: middle + width / 2 };
}

/** What a film asks for, as `window16` takes it: for levels that were moved up by `offset` and, where what they stand for falls, show a negative. */
export function askedBy(
  { modality, voi }: { readonly modality: Modality; readonly voi: readonly Voi[] },
  offset: number,
): Asked[] {
  const curve = (shown: (value: number) => number) => (level: number) => {
    const share = shown(valueFor(modality, level - offset));
    return modality.falls ? 1 - share : share;
  };
  const own: Asked[] = [];
  if (modality.kind === "table") {
    const greatest = greatestOf(modality.table);
    own.push({ curve: curve((value) => value / greatest) });
  }
  const asked: Asked[] = [];
  for (const each of voi) {
    if (each.kind === "linear") {
      const levels = levelsFor(modality, each.low, each.high);
      if (levels === undefined) continue;
      const span = { low: levels.low + offset, high: levels.high + offset };
      // Where the modality's table does not count, the window still does.
      asked.push(...own.map((table) => ({ ...table, ...span })), span);
    } else if (each.kind === "sigmoid") {
      const { centre, width } = each;
      asked.push({ curve: curve((value) => 1 / (1 + Math.exp((-4 * (value - centre)) / width))) });
    } else {
      const { table } = each;
      const greatest = greatestOf(table);
      asked.push({ curve: curve((value) => lookUp(table, value) / greatest) });
    }
  }
  return [...asked, ...own];
}
