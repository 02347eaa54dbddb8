const hour = 3600;

/**
 * Films a second over a hospital's day: little at night, a peak in the morning, a lower one after noon.
 * @param peak films a second at the morning's height, at half past nine
 */
export function dayOfFilms(peak: number): (at: number) => number {
  const hill = (at: number, middle: number, width: number) => Math.exp(-(((at - middle) / width) ** 2));
  return (at) =>
    peak *
    Math.min(1, 0.05 + 0.95 * hill(at, 9.5 * hour, 2 * hour) + 0.55 * hill(at, 14.5 * hour, 2.5 * hour));
}

export const daySeconds = 24 * hour;
