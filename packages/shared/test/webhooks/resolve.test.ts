import assert from "node:assert/strict";
import type { LookupAddress } from "node:dns";
import { test } from "node:test";
import { type NameServers, type Resolve, resolverOf } from "../../src/webhooks/resolve.js";

/** Name servers that know nothing. */
const unknowing: NameServers = {
  resolve4: () => Promise.reject(Object.assign(new Error(), { code: "ESERVFAIL" })),
  resolve6: () => Promise.reject(Object.assign(new Error(), { code: "ENODATA" })),
};
const found: LookupAddress[] = [{ address: "192.0.2.1", family: 4 }];

/** A resolver whose system looks up each name until it is told to end, and how each name was answered. */
function asking() {
  const underWay = new Map<string, () => void>();
  const answers = new Map<string, string>();
  const resolve = resolverOf(unknowing, (hostname, _options, callback) => {
    underWay.set(hostname, () => {
      underWay.delete(hostname);
      callback(null, found);
    });
  });
  const ask = (hostname: string, by: Resolve = resolve) =>
    by(hostname, { all: true }, (error, addresses) =>
      answers.set(hostname, error?.code ?? addresses.map(({ address }) => address).join()),
    );
  return { underWay, answers, ask };
}

test("the system looks up one receiver’s name at a time; who waits for long is answered, and asked no more", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { underWay, answers, ask } = asking();
  const names = Array.from({ length: 20 }, (_, at) => (at < 10 ? `r${at}.example` : `r${at}`));
  for (const name of names) ask(name);
  // Without a dot, the first is asked about at once; those with one, when the name servers have answered.
  await new Promise(setImmediate);
  assert.deepEqual([...underWay.keys()], ["r10"]);
  t.mock.timers.tick(10_000);
  assert.deepEqual(
    names.map((name) => answers.get(name)),
    names.map((name) => (name === "r10" ? undefined : "ETIMEOUT")),
  );
  ask("late");
  underWay.get("r10")?.();
  assert.equal(answers.get("r10"), "192.0.2.1");
  assert.deepEqual([...underWay.keys()], ["late"]);
  underWay.get("late")?.();
  assert.equal(answers.get("late"), "192.0.2.1");
  t.mock.timers.tick(10_000);
  assert.deepEqual([answers.get("late"), underWay.size], ["192.0.2.1", 0]);
});

test("what the name servers know, the system is not asked about", async () => {
  const knowing: NameServers = { ...unknowing, resolve4: async () => ["192.0.2.7"] };
  const addresses = await new Promise((resolve, reject) =>
    resolverOf(knowing, () => reject(new Error("asked")))("r.example", { all: true }, (_error, all) =>
      resolve(all),
    ),
  );
  assert.deepEqual(addresses, [{ address: "192.0.2.7", family: 4 }]);
});
