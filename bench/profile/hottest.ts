import { readFileSync } from "node:fs";
import type { Profiler } from "node:inspector";
import path from "node:path";

/** Where a profile's time went: a function's own time, or that of all of a package. */
export interface Hot {
  what: string;
  /** Of the time in which the thread was not idle. */
  share: number;
}

/** The functions with the most time of their own, and the packages. */
export function hottest(
  file: string,
  most: number,
): { functions: Hot[]; packages: Hot[]; busySeconds: number } {
  const { nodes, samples = [], timeDeltas = [] } = JSON.parse(readFileSync(file, "utf8")) as Profiler.Profile;
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const functions = new Map<string, number>();
  const packages = new Map<string, number>();
  let busy = 0;
  for (const [at, id] of samples.entries()) {
    const frame = byId.get(id);
    const time = timeDeltas[at] ?? 0;
    if (frame === undefined || frame.functionName === "(idle)") continue;
    busy += time;
    const place = placeOf(frame.url);
    const name = `${frame.functionName || "(anonymous)"} ${place} ${path.basename(frame.url)}`;
    functions.set(name, (functions.get(name) ?? 0) + time);
    packages.set(place, (packages.get(place) ?? 0) + time);
  }
  const top = (of: Map<string, number>) =>
    [...of]
      .sort(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([what, time]) => ({ what, share: time / busy }));
  return { functions: top(functions), packages: top(packages), busySeconds: busy / 1e6 };
}

/** Whose code an address is: a package's, that of packed libraries, node's own, the machine's. */
function placeOf(url: string): string {
  if (url === "") return "(native)";
  if (url.startsWith("node:")) return "node";
  const [, packed] = /\/dist\/src\/(libraries\/[^/]+)$/.exec(url) ?? [];
  const [, dependency] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  const [, own] = /\/((?:packages|services)\/[^/]+)\//.exec(url) ?? [];
  return packed ?? dependency ?? own ?? url;
}
