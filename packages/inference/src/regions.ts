import type { Heatmap, Placement } from "@osteon/imaging";
import type { Region } from "@osteon/shared";

/** A connected set of hot cells: the half-open box around it, in cells, and its greatest heat. */
interface Spot {
  left: number;
  top: number;
  right: number;
  bottom: number;
  peak: number;
}

/**
 * The regions where a heat map is hot: the boxes around its connected sets (8 neighbours) of cells at or above
 * `threshold`, as fractions of the film, clipped to it. Best first, at most `maximum`. Cells that lie wholly in the canvas's
 * margin say nothing of the film: they neither make a region nor join one, nor give one their heat.
 */
export function findRegions(
  heatmap: Heatmap,
  placement: Placement,
  { threshold, maximum }: { readonly threshold: number; readonly maximum: number },
): Region[] {
  return spots(heatmap, cellsOfFilm(heatmap, placement), threshold)
    .map((spot) => toRegion(spot, heatmap, placement))
    .filter(({ width, height }) => width > 0 && height > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, maximum);
}

/** The half-open box of the cells that the film lies on, wholly or in part. */
function cellsOfFilm(heatmap: Heatmap, { left, top, width, height, canvasWidth, canvasHeight }: Placement) {
  const [cellWidth, cellHeight] = [canvasWidth / heatmap.width, canvasHeight / heatmap.height];
  return {
    left: Math.floor(left / cellWidth),
    top: Math.floor(top / cellHeight),
    right: Math.ceil((left + width) / cellWidth),
    bottom: Math.ceil((top + height) / cellHeight),
  };
}

function spots({ width, height, data }: Heatmap, film: Omit<Spot, "peak">, threshold: number): Spot[] {
  const seen = new Uint8Array(data.length);
  const isHot = (cell: number) => {
    if (seen[cell] !== 0 || (data[cell] ?? 0) < threshold) return false;
    const x = cell % width;
    const y = (cell - x) / width;
    return x >= film.left && x < film.right && y >= film.top && y < film.bottom;
  };
  const found: Spot[] = [];
  for (let start = 0; start < data.length; start++) {
    if (!isHot(start)) continue;
    const spot = { left: width, top: height, right: 0, bottom: 0, peak: 0 };
    const open = [start];
    seen[start] = 1;
    for (let cell = open.pop(); cell !== undefined; cell = open.pop()) {
      const x = cell % width;
      const y = (cell - x) / width;
      spot.left = Math.min(spot.left, x);
      spot.top = Math.min(spot.top, y);
      spot.right = Math.max(spot.right, x + 1);
      spot.bottom = Math.max(spot.bottom, y + 1);
      spot.peak = Math.max(spot.peak, data[cell] ?? 0);
      for (let ny = Math.max(y - 1, 0); ny <= Math.min(y + 1, height - 1); ny++) {
        for (let nx = Math.max(x - 1, 0); nx <= Math.min(x + 1, width - 1); nx++) {
          const next = ny * width + nx;
          if (!isHot(next)) continue;
          seen[next] = 1;
          open.push(next);
        }
      }
    }
    found.push(spot);
  }
  return found;
}

function toRegion(spot: Spot, heatmap: Heatmap, placement: Placement): Region {
  const cellWidth = placement.canvasWidth / heatmap.width;
  const cellHeight = placement.canvasHeight / heatmap.height;
  const x = fraction(spot.left * cellWidth, placement.left, placement.width);
  const y = fraction(spot.top * cellHeight, placement.top, placement.height);
  return {
    x,
    y,
    width: fraction(spot.right * cellWidth, placement.left, placement.width) - x,
    height: fraction(spot.bottom * cellHeight, placement.top, placement.height) - y,
    score: Math.min(spot.peak, 1),
  };
}

/** A canvas coordinate as a fraction of the film, clipped to it. */
function fraction(position: number, start: number, length: number): number {
  return Math.min(Math.max((position - start) / length, 0), 1);
}
