import { encodeGreyAlpha } from "./png.js";
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
  size: { readonly width: number; readonly height: number },
): Promise<Buffer> {
  return encodeGreyAlpha(whiteWithHeat(heatmap, placement, size.width, size.height), size.width, size.height);
}

/** Two samples a pixel: white, and the heat as opacity. */
function whiteWithHeat(heatmap: Heatmap, placement: Placement, width: number, height: number): Uint8Array {
  const columns = between(width, placement.left, placement.width, placement.canvasWidth, heatmap.width);
  const rows = between(height, placement.top, placement.height, placement.canvasHeight, heatmap.height);
  const wide = widen(heatmap, columns, width);
  const out = new Uint8Array(width * height * 2).fill(255);
  for (let y = 0, at = 1; y < height; y++) {
    const above = (rows.low[y] ?? 0) * width;
    const below = (rows.high[y] ?? 0) * width;
    const share = rows.share[y] ?? 0;
    for (let x = 0; x < width; x++, at += 2) {
      const heat = wide[above + x] ?? 0;
      out[at] = heat + ((wide[below + x] ?? 0) - heat) * share + 0.5;
    }
  }
  return out;
}

/** The map's rows, each as wide as the film, on the scale 0..255. */
function widen(heatmap: Heatmap, columns: Between, width: number): Float32Array {
  const wide = new Float32Array(width * heatmap.height);
  for (let y = 0; y < heatmap.height; y++) {
    for (let x = 0; x < width; x++) {
      const low = heatmap.data[y * heatmap.width + (columns.low[x] ?? 0)] ?? 0;
      const high = heatmap.data[y * heatmap.width + (columns.high[x] ?? 0)] ?? 0;
      const heat = low + (high - low) * (columns.share[x] ?? 0);
      wide[y * width + x] = 255 * Math.min(Math.max(heat, 0), 1);
    }
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
