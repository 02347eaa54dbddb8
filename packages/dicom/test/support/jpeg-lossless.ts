/** A grey picture, and how it is coded. */
export interface LosslessOptions {
  width: number;
  height: number;
  bits: number;
  predictor: number;
  /** Rows from one restart to the next; 0 for none. */
  rows?: number;
  /** Difference categories by the order of their codes. */
  categories?: readonly number[];
  /** What fills up the last byte: bits of 1, as T.81 has it, or of 0. */
  filledWith?: 0 | 0xff;
  /** Bytes of nothing before the end marker. */
  stray?: readonly number[];
  level: (x: number, y: number) => number;
}

/** A lossless JPEG (ITU T.81, annex H), whose difference categories have a code of five bits each. */
export function losslessJpeg(options: LosslessOptions): Buffer {
  const { width, height, bits, predictor, rows = 0, level, filledWith = 0xff, stray = [] } = options;
  const { categories = Array.from({ length: 17 }, (_, category) => category) } = options;
  const data: number[] = [];
  let [held, count] = [0, 0];
  const put = (value: number, length: number) => {
    for (let bit = length - 1; bit >= 0; bit--) {
      held = (held << 1) | ((value >> bit) & 1);
      if (++count < 8) continue;
      data.push(held, ...(held === 0xff ? [0] : []));
      [held, count] = [0, 0];
    }
  };
  const fillUp = () => put(filledWith, (8 - count) % 8);
  for (let y = 0; y < height; y++) {
    const first = rows === 0 ? y === 0 : y % rows === 0;
    if (first && y > 0) {
      fillUp();
      data.push(0xff, 0xd0 + ((y / rows - 1) % 8));
    }
    for (let x = 0; x < width; x++) {
      const [a, b, c] = [level(x - 1, y), level(x, y - 1), level(x - 1, y - 1)];
      const within = [0, a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1][predictor];
      const predicted = x === 0 ? (first ? 2 ** (bits - 1) : b) : first ? a : (within ?? 0);
      // Modulo 65,536, as the differences are.
      const difference = ((level(x, y) - predicted) << 16) >> 16;
      const category = difference === -32_768 ? 16 : 32 - Math.clz32(Math.abs(difference));
      put(categories.indexOf(category), 5);
      if (category < 16) put(difference < 0 ? difference - 1 : difference, category);
    }
  }
  fillUp();
  const interval = rows * width;
  return Buffer.from([
    ...[0xff, 0xd8, 0xff, 0xc4, 0, 36, 0, 0, 0, 0, 0, 17, ...Array<number>(11).fill(0)],
    ...categories,
    ...[0xff, 0xc3, 0, 11, bits, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0],
    ...(rows === 0 ? [] : [0xff, 0xdd, 0, 4, interval >> 8, interval & 255]),
    ...[0xff, 0xda, 0, 8, 1, 1, 0, predictor, 0, 0],
    ...data,
    ...stray,
    ...[0xff, 0xd9],
  ]);
}
