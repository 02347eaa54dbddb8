import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Ledger, type ObjectStore, ProblemError } from "@osteon/shared";

const ref = { tenant: "ward", id: "01970000-0000-7000-8000-000000000000" };
const marker = `pending/${ref.id}`;

/** A ledger over an empty store, and the names of what it wrote and removed, in the order in which that was done with. */
function recorded() {
  const steps: string[] = [];
  const noted = async (key: string) => {
    // Markers and requests take longer: what must wait for them and does not is done with before.
    if (key === marker || key.endsWith("/request.json")) await turn();
    steps.push(key === marker ? "marker" : (key.split("/").at(-1) ?? ""));
  };
  const store: Partial<ObjectStore> = {
    put: async (key) => {
      await noted(key);
      return true;
    },
    delete: noted,
    deletePrefix: async () => {
      await turn();
      steps.push("all");
    },
    list: async () => [],
  };
  return { ledger: new Ledger(store as ObjectStore), steps };
}

test("a film is staged behind its marker: what a crash leaves is found again", async () => {
  const { ledger, steps } = recorded();
  await ledger.stage(ref, 0, Buffer.from("film"));
  assert.deepEqual(steps, ["marker", "original-0"]);
});

test("what is hidden loses its request before its result: what had ended is never seen as unfinished", async () => {
  const { ledger, steps } = recorded();
  await ledger.hide(ref);
  assert.deepEqual(steps, ["request.json", "result.json"]);
});

test("the marker goes last, and stays where a write may arrive that nobody had an answer to", async () => {
  const taken = recorded();
  await taken.ledger.withdraw(ref, new ProblemError("queue-unavailable"));
  assert.deepEqual([taken.steps[0], taken.steps.at(-1)], ["all", "marker"]);
  const inDoubt = recorded();
  await inDoubt.ledger.withdraw(ref, new ProblemError("store-unavailable"));
  assert.equal(inDoubt.steps[0], "all");
  assert.ok(!inDoubt.steps.includes("marker"), `${inDoubt.steps}`);
});
