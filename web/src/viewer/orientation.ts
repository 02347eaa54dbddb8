/** One of the eight ways a film can lie: the matrix (a c; b d) that takes the film's axes to the screen's. */
export interface Orientation {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

export const upright: Orientation = { a: 1, b: 0, c: 0, d: 1 };

/** A quarter turn clockwise, as seen. */
export function turned({ a, b, c, d }: Orientation): Orientation {
  return { a: -b || 0, b: a, c: -d || 0, d: c };
}

/** Left and right changed, as seen. */
export function mirrored({ a, b, c, d }: Orientation): Orientation {
  return { a: -a || 0, b, c: -c || 0, d };
}

/** Top and bottom changed, as seen. */
export function upended({ a, b, c, d }: Orientation): Orientation {
  return { a, b: -b || 0, c, d: -d || 0 };
}

/** What undoes it. */
export function inverse({ a, b, c, d }: Orientation): Orientation {
  return { a, b: c, c: b, d };
}

/** Which of a rectangle's film corners is seen as its upper left one: the far end of x, of y. */
export function seenFirst({ a, b, c, d }: Orientation): { farX: boolean; farY: boolean } {
  return { farX: a + b < 0, farY: c + d < 0 };
}

/** Whether width and height change places. */
export function isSideways({ b }: Orientation): boolean {
  return b !== 0;
}
