/** A figure at one moment of a run. */
export interface Point {
  /** What the run had done by then, in any unit. */
  x: number;
  y: number;
}

/** A line through points, told by what it gains from the first to the last. */
export interface Trend {
  mean: number;
  /** What the line gains over the whole of the points, in units of y. */
  growth: number;
  /** Standard error of that. */
  noise: number;
}

/** Most blocks whose means the line is fitted to: neighbouring samples of a heap are no news of each other, blocks are. */
const mostBlocks = 20;

/** @throws RangeError where there are too few points for a line and its noise */
export function trendOf(points: readonly Point[]): Trend {
  const blocks = blocksOf(points);
  const [first, last] = [points[0], points.at(-1)];
  if (blocks.length < 3 || first === undefined || last === undefined)
    throw new RangeError(`${points.length} points are too few for a trend`);
  const x = meanOf(blocks.map((each) => each.x));
  const y = meanOf(blocks.map((each) => each.y));
  const spread = blocks.reduce((sum, each) => sum + (each.x - x) ** 2, 0);
  const slope =
    spread === 0 ? 0 : blocks.reduce((sum, each) => sum + (each.x - x) * (each.y - y), 0) / spread;
  const residual = blocks.reduce((sum, each) => sum + (each.y - y - slope * (each.x - x)) ** 2, 0);
  const error = spread === 0 ? 0 : Math.sqrt(residual / (blocks.length - 2) / spread);
  const length = last.x - first.x;
  return { mean: y, growth: slope * length, noise: error * length };
}

function blocksOf(points: readonly Point[]): Point[] {
  const count = Math.min(mostBlocks, points.length);
  return Array.from({ length: count }, (_, block) => {
    const part = points.slice(
      Math.floor((block * points.length) / count),
      Math.floor(((block + 1) * points.length) / count),
    );
    return { x: meanOf(part.map((each) => each.x)), y: meanOf(part.map((each) => each.y)) };
  });
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
