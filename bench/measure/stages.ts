import type { Contestant } from "../contestants/contestant.js";
import type { LoopContestant } from "../contestants/loop.js";
import { median } from "./statistics.js";

const stageNames = ["decode", "tensor", "models"] as const;

/** CPU milliseconds a film in each stage of a bare loop, one film at a time: medians of the rounds. */
export interface LoopStages extends Record<(typeof stageNames)[number], number> {
  title: string;
}

/** Where the time of the loops goes that run the films: ours and Python's, by turns. All else stands still. */
export async function measureStages(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<LoopStages[]> {
  const loops = contestants.filter(
    (each): each is LoopContestant => each.name === "bare" || each.name === "python-loop",
  );
  for (const each of contestants) each.pause();
  const found = loops.map((): Record<string, number>[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, loop] of loops.entries()) {
      await loop.resume();
      found[at]?.push(await loop.stages());
      loop.pause();
    }
  }
  await Promise.all(contestants.slice(0, 2).map((each) => each.resume()));
  return loops.map(({ title }, at) => {
    const of = (stage: string) => median((found[at] ?? []).map((each) => each[stage] ?? Number.NaN));
    return { title, decode: of("decode"), tensor: of("tensor"), models: of("models") };
  });
}
