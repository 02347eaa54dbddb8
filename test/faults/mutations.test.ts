import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import type { Film } from "@osteon/shared";
import { Random } from "../support/random.js";
import { check, type Violation } from "./checker.js";
import { FaultSystem, signal } from "./fault-system.js";
import { History } from "./history.js";
import type { Mutation } from "./inside/mutations.js";
import type { CrashPoint } from "./inside/points.js";
import { Load } from "./load.js";

interface Scenario {
  /** The guarantee that the mutation breaks. */
  rule: Violation["rule"];
  /** What brings it out, and harms no system that is right. */
  provoke(system: FaultSystem, load: Load): Promise<void>;
}

const scenarios: Record<Mutation, Scenario> = {
  "drop-marker": {
    rule: "lost",
    provoke: async (system, load) => {
      const worker = system.named("bodypart-worker")[0];
      signal(worker?.pid, "SIGSTOP");
      await load.submitMany(3);
      await system.direct.redis.flushall();
      signal(worker?.pid, "SIGCONT");
    },
  },
  "drop-owed": {
    rule: "undelivered",
    provoke: async (system, load) => {
      system.receiver.answer = () => 500;
      const refused = once(system.receiver, "delivery");
      await load.submitMany(1);
      await refused;
      await load.untilEnded(60);
      // By its marker the delivery would be owed again.
      await system.untilUnmarked();
      await system.direct.redis.flushall();
      system.receiver.answer = () => 204;
    },
  },
  "promise-before-store": {
    rule: "lost",
    provoke: async (system, load) => {
      await load.submitMany(1);
      signal(system.named("gateway")[0]?.pid, "SIGKILL");
    },
  },
  "ack-before-store": {
    rule: "orphan",
    provoke: (system, load) =>
      crashAt(system, load, { service: "fracture-worker", name: "after-remove-marker" }),
  },
  "finish-twice": {
    rule: "doubled",
    // Not a film's result: where the others come to theirs before its job is found to stall, nobody does it again. But every way to the
    // end of an analysis writes its result, and only the end takes its marker away; the system itself must, not the sweep of a look.
    provoke: async (system, load) => {
      await crashAt(system, load, { service: "fracture-worker", name: "after-store-result" });
      await system.untilUnmarked();
    },
  },
  "new-webhook-id": {
    rule: "webhook-ids",
    provoke: (system, load) => crashAt(system, load, { service: "webhook-worker", name: "after-send" }),
  },
};

/** Kills a process at a point that a film comes to. */
async function crashAt(system: FaultSystem, load: Load, point: CrashPoint): Promise<void> {
  const [process] = system.named(point.service);
  assert.ok(process);
  const died = once(process, "exit");
  system.arm(point);
  await load.submitMany(2);
  await died;
}

/** Longer than anything takes that comes to its end, also on a machine that others keep busy. */
const patienceSeconds = 600;
/** Looks at a system with a fault of its own, in which something may never end. */
const looks = 15;

/** What the checker finds after the scenarios on a system with, or without, a fault of its own. */
async function violations(chosen: readonly Scenario[], mutation?: Mutation): Promise<Violation[]> {
  const history = new History();
  const system = await FaultSystem.start({
    history,
    counts: { gateway: 1, "bodypart-worker": 1, "fracture-worker": 1, "webhook-worker": 1 },
    ...(mutation === undefined ? {} : { mutation }),
  });
  const load = new Load(system, new Random(3), 4);
  const look = async (endSeconds: number, quietSeconds: number) => {
    await load.untilEnded(endSeconds);
    const leftovers = await system.untilQuiet(quietSeconds);
    await load.lookAgain();
    return check(history, expected, leftovers);
  };
  let expected = new Map<string, Film>();
  try {
    expected = await load.baseline();
    for (const { provoke } of chosen) {
      await provoke(system, load);
      await system.untilReady();
      if (mutation === undefined) await load.untilEnded(patienceSeconds);
    }
    if (mutation === undefined) return await look(patienceSeconds, patienceSeconds);
    const isFound = (found: Violation[]) =>
      chosen.every(({ rule }) => found.some((each) => each.rule === rule));
    let found = await look(30, 20);
    for (let again = 1; again < looks && !isFound(found); again += 1) found = await look(30, 20);
    return found;
  } finally {
    load.leave();
    await system.stop();
  }
}

describe("the checker", () => {
  test("finds nothing in a system that is right", async () => {
    assert.deepEqual(await violations(Object.values(scenarios)), []);
  });
  for (const [mutation, scenario] of Object.entries(scenarios)) {
    test(`finds "${mutation}" by the rule "${scenario.rule}"`, async () => {
      const found = await violations([scenario], mutation as Mutation);
      assert.ok(
        found.some(({ rule }) => rule === scenario.rule),
        JSON.stringify(found),
      );
    });
  }
});
