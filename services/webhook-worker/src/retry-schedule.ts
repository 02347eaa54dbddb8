const minute = 60;
const hour = 60 * minute;

/** Seconds to wait after each try: soon at first, half a day at the end; together 3.3 days, 4.0 with all the jitter. */
export const retrySchedule: readonly number[] = [
  5,
  30,
  2 * minute,
  5 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  4 * hour,
  6 * hour,
  8 * hour,
  10 * hour,
  ...Array<number>(4).fill(12 * hour),
];

/** Tries of a delivery, the first and one after each wait. */
export const mostTries = retrySchedule.length + 1;

/**
 * Milliseconds from a first try on after which a failed one is the last. The schedule is over before that, however long the waits that a
 * receiver asks for: only what found no room at its receiver comes so late, and is as many tries short.
 */
export const longestTryingMs = 9 * 24 * hour * 1000;

/** Share by which a wait may be longer, so that the tries of many do not come at once. */
const jitter = 0.2;

/**
 * Milliseconds to wait after a failed try.
 * @param attempt the failed try, from 1
 * @param retryAfter seconds that the receiver asked for: never sooner than that
 * @param random in 0..1
 */
export function waitBefore(attempt: number, retryAfter = 0, random = Math.random()): number {
  const seconds = retrySchedule[Math.min(Math.max(1, attempt), retrySchedule.length) - 1] ?? 12 * hour;
  return Math.max(seconds * (1 + jitter * random), retryAfter) * 1000;
}
