/** Most seconds that an answer is held. */
export const longestWait = 60;

/** Seconds of `Prefer: wait=…` (RFC 7240), at most those that an answer can be held; undefined where it is not asked for. */
export function preferredWait(header: string | string[] | undefined): number | undefined {
  for (const each of [header ?? []].flat().join(",").split(",")) {
    const seconds = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(;.*)?$/i.exec(each)?.[1];
    if (seconds !== undefined) return Math.min(Number(seconds), longestWait);
  }
  return undefined;
}
