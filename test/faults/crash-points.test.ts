import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { SupervisedProcess } from "@osteon/embedded";
import { Random } from "../support/random.js";
import { until } from "../support/until.js";
import { check } from "./checker.js";
import { FaultSystem, signal } from "./fault-system.js";
import { History } from "./history.js";
import { type CrashableService, type CrashPoint, crashPoints, steps } from "./inside/points.js";
import { Load } from "./load.js";

/** A point is met within seconds, or minutes where others keep the machine busy; one that nobody meets is no crash point. */
const reachedWithinMs = 600_000;
/** Longer than anything takes that comes to its end. */
const patienceSeconds = 600;

const history = new History();
let system: FaultSystem;
before(async () => {
  system = await FaultSystem.start({ history, counts: { "fracture-worker": 3 } });
});
after(async () => system?.stop());

test("a service killed at each named point, one after the other, costs no promise and doubles nothing", async (t) => {
  const load = new Load(system, new Random(7));
  t.after(() => load.leave());
  const expected = await load.baseline();
  load.start(3);
  await Promise.all((Object.keys(steps) as CrashableService[]).map((service) => killAtEach(service, load)));
  await load.stop();
  await system.untilReady();
  await load.untilEnded(patienceSeconds);
  const leftovers = await system.untilQuiet(patienceSeconds);
  await load.lookAgain();
  assert.deepEqual(check(history, expected, leftovers), []);
  const nameOf = ({ service, name }: CrashPoint) => `${service} ${name}`;
  assert.deepEqual(
    history
      .of("fault")
      .flatMap(({ name, target }) => (name === "crash-point" ? [target] : []))
      .sort(),
    crashPoints.map(nameOf).sort(),
  );
  const killed = history.of("exited").filter(({ how }) => how === "SIGKILL");
  for (const service of Object.keys(steps))
    assert.equal(
      killed.filter((each) => each.process.startsWith(service)).length,
      crashPoints.filter((point) => point.service === service).length,
      `${service} died at each of its points, and nowhere else`,
    );
  assert.ok(history.of("promised").length > crashPoints.length);
});

test("a worker that was paused in a job finishes nothing that another took", async (t) => {
  const load = new Load(system, new Random(8), 4);
  t.after(() => load.leave());
  const expected = await load.baseline();
  const from = history.entries.length;
  for (const point of [
    { service: "bodypart-worker", name: "before-enqueue-fracture" },
    { service: "fracture-worker", name: "before-store-result" },
    { service: "fracture-worker", name: "after-store-result" },
  ] as const) {
    system.arm(point, "SIGSTOP");
    await load.submitMany(1);
    const paused = await stopped(point);
    history.add({ type: "fault", name: "pause", target: `${paused.label} ${point.name}` });
    assert.ok(await load.untilEnded(patienceSeconds), "another took it");
    signal(paused.pid, "SIGCONT");
  }
  const leftovers = await system.untilQuiet(patienceSeconds);
  await load.lookAgain();
  const since = new History();
  since.entries.push(...history.entries.slice(from));
  assert.deepEqual(check(since, expected, leftovers), []);
  assert.equal(since.of("exited").length, 0, "nobody died of it");
});

/** The process that stopped at the point. */
async function stopped(point: CrashPoint): Promise<SupervisedProcess> {
  let found: SupervisedProcess | undefined;
  await until(`${point.service} stops at ${point.name}`, reachedWithinMs / 1000, () => {
    found = system.named(point.service).find(({ pid }) => pid !== undefined && stateOf(pid) === "T");
    return found !== undefined;
  });
  assert.ok(found);
  return found;
}

/** By its letter in the process table. */
function stateOf(pid: number): string | undefined {
  return /\) ([A-Z]) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
}

/** A job is given up after one death more, whoever is to blame. */
const mostDeaths = 3;

/**
 * Kills some process of the service at each of its points. The film under which it died is the first to come to the next: before
 * it has died too often, all that was promised until then comes to its end.
 */
async function killAtEach(service: CrashableService, load: Load): Promise<void> {
  const points = crashPoints.filter((point) => point.service === service);
  for (const [at, point] of points.entries()) {
    await killAt(point);
    history.add({ type: "fault", name: "crash-point", target: `${service} ${point.name}` });
    if (at % mostDeaths === mostDeaths - 1) assert.ok(await load.untilEnded(patienceSeconds));
  }
}

function killAt(point: CrashPoint): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`${point.service} never came to ${point.name}`)),
      reachedWithinMs,
    );
    for (const each of system.named(point.service)) {
      const onExit = () => {
        if (system.isArmed(point)) return;
        clearTimeout(late);
        for (const other of system.named(point.service)) other.removeListener("exit", onExit);
        resolve();
      };
      each.on("exit", onExit);
    }
    system.arm(point);
  });
}
