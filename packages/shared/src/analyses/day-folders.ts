import { type ObjectStore, walk } from "../storage/index.js";

/** The folder of a day, UTC. @param root ends in "/" @param at milliseconds since the epoch */
export function dayFolder(root: string, at: number): string {
  return `${root}${new Date(at).toISOString().slice(0, 10)}/`;
}

/** Removes the days before the one of a time, milliseconds since the epoch. Returns how many. */
export async function sweepDays(store: ObjectStore, root: string, time: number): Promise<number> {
  const oldest = dayFolder(root, time);
  let removed = 0;
  for await (const folder of walk(store, root, { folders: true })) {
    if (folder >= oldest) break;
    await store.deletePrefix(folder);
    removed += 1;
  }
  return removed;
}
