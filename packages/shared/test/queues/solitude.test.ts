import assert from "node:assert/strict";
import { test } from "node:test";
import { Solitude } from "../../src/queues/index.js";

/** A job that runs until it is let go. */
function held(): { job: () => Promise<void>; started: () => boolean; release: () => void } {
  let [begun, release] = [false, () => {}];
  const end = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    job: () => {
      begun = true;
      return end;
    },
    started: () => begun,
    release,
  };
}

test("a suspect runs alone: after those in hand, and beside nothing that comes meanwhile", async () => {
  const solitude = new Solitude();
  const narrowed: boolean[] = [];
  solitude.join({ narrow: (alone) => narrowed.push(alone) });
  const [first, suspect] = [held(), held()];
  const running = solitude.run(false, first.job);
  const alone = solitude.run(true, suspect.job);
  await Promise.resolve();
  assert.ok(first.started() && !suspect.started());
  assert.equal(await solitude.run(false, held().job), false, "handed back");
  assert.equal(await solitude.run(true, held().job), false, "another suspect too");
  first.release();
  assert.equal(await running, true);
  assert.equal(await solitude.run(false, held().job), false);
  suspect.release();
  assert.equal(await alone, true);
  assert.ok(suspect.started());
  assert.deepEqual(narrowed, [true, false]);
  assert.equal(await solitude.run(false, async () => undefined), true);
});

test("jobs that fail leave the way free", async () => {
  const solitude = new Solitude();
  const fault = new Error("a fault");
  for (const suspect of [false, true, false])
    await assert.rejects(
      solitude.run(suspect, () => Promise.reject(fault)),
      fault,
    );
  assert.equal(await solitude.run(true, async () => undefined), true);
});
