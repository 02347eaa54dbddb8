import { encodeWhiteAlpha } from "./png.js";
import type { Placement } from "./tensor.js";

/** A model's heat map: `width * height` values in 0..1, row by row, over the model's whole canvas. */
export interface Heatmap {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/**
 * The heat map as a picture to lay over its film: a PNG of the film's size, white, its opacity the heat (alpha / 255),
 * so that a page can tint it and a program can read the heat back. The canvas's margin is cut away; between the centres
 * of the map's cells the heat is bilinear.
 *
 * @param size of the normalised film, pixels
 */
export async function heatmapOverlay(
  heatmap: Heatmap,
  placement: Placement,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<Buffer> {
  const columns = between(width, placement.left, placement.width, placement.canvasWidth, heatmap.width);
  const rows = between(height, placement.top, placement.height, placement.canvasHeight, heatmap.height);
  const widened: (Float32Array | undefined)[] = [];
  const wide = (row = 0) => {
    widened[row] ??= widen(heatmap, row, columns);
    return widened[row];
  };
  return encodeWhiteAlpha(width, height, (y, row) => {
    const [above, below, share] = [wide(rows.low[y]), wide(rows.high[y]), rows.share[y] ?? 0];
    for (let x = 0; x < width; x++) {
      const heat = above[x] ?? 0;
      row[2 * x + 1] = heat + ((below[x] ?? 0) - heat) * share + 0.5;
    }
  });
}

/** A row of the map, as wide as the film, on the scale 0..255. */
function widen({ data, width }: Heatmap, row: number, columns: Between): Float32Array {
  const wide = new Float32Array(columns.share.length);
  for (let x = 0; x < wide.length; x++) {
    const low = data[row * width + (columns.low[x] ?? 0)] ?? 0;
    const high = data[row * width + (columns.high[x] ?? 0)] ?? 0;
    const heat = low + (high - low) * (columns.share[x] ?? 0);
    wide[x] = 255 * Math.min(Math.max(heat, 0), 1);
  }
  return wide;
}

/** For each pixel along one axis: the cells between whose centres it lies, and the share of the higher. */
interface Between {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly share: Float32Array;
}

/** Of `pixels` film pixels, which lie over `length` canvas pixels from `start`. */
function between(pixels: number, start: number, length: number, canvas: number, cells: number): Between {
  const low = new Int32Array(pixels);
  const high = new Int32Array(pixels);
  const share = new Float32Array(pixels);
  for (let i = 0; i < pixels; i++) {
    const position = ((start + ((i + 0.5) * length) / pixels) * cells) / canvas - 0.5;
    const cell = Math.floor(position);
    low[i] = Math.min(Math.max(cell, 0), cells - 1);
    high[i] = Math.min(Math.max(cell + 1, 0), cells - 1);
    share[i] = position - cell;
  }
  return { low, high, share };
}
