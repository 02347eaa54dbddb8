/** Window and level: which greys of the film are spread over black to white. Both in 0..255 and beyond. */
export interface GreyWindow {
  level: number;
  width: number;
}

export const fullWindow: GreyWindow = { level: 127.5, width: 255 };

/** Brighter by a lower level, harder by a narrower window. */
export function changed({ level, width }: GreyWindow, byLevel: number, byWidth: number): GreyWindow {
  return {
    level: Math.min(255, Math.max(0, level + byLevel)),
    width: Math.min(510, Math.max(2, width + byWidth)),
  };
}

/** The screen's grey for each of the film's 256. */
export function table({ level, width }: GreyWindow, inverted: boolean): Uint8ClampedArray {
  const greys = new Uint8ClampedArray(256);
  const low = level - width / 2;
  for (let grey = 0; grey < 256; grey += 1) {
    const shown = ((grey - low) / width) * 255;
    greys[grey] = inverted ? 255 - shown : shown;
  }
  return greys;
}

/** Writes a film's greys through a table into RGBA samples. */
export function draw(greys: Uint8Array, through: Uint8ClampedArray, into: Uint8ClampedArray): void {
  for (let at = 0, to = 0; at < greys.length; at += 1, to += 4) {
    const grey = through[greys[at] ?? 0] ?? 0;
    into[to] = grey;
    into[to + 1] = grey;
    into[to + 2] = grey;
    into[to + 3] = 255;
  }
}

/** The window that leaves out the darkest and the brightest hundredth of what is film, not background. */
export function automatic(greys: Uint8Array): GreyWindow {
  const counts = new Uint32Array(256);
  for (const grey of greys) counts[grey] = (counts[grey] ?? 0) + 1;
  const background = 8;
  const total = counts.subarray(background).reduce((sum, count) => sum + count, 0);
  if (total === 0) return fullWindow;
  let low = background;
  let high = 255;
  for (let left = total / 100; low < 255; low += 1) {
    left -= counts[low] ?? 0;
    if (left < 0) break;
  }
  for (let left = total / 100; high > low + 1; high -= 1) {
    left -= counts[high] ?? 0;
    if (left < 0) break;
  }
  return { level: (low + high) / 2, width: Math.max(2, high - low) };
}
