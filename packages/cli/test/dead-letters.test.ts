import assert from "node:assert/strict";
import { test } from "node:test";
import { type DeadLetter, type DeliveryRef, ProblemError } from "@osteon/shared";
import { deadLettersCommand } from "../src/dead-letters.js";

const at = "2026-01-01T00:00:00.000Z";
const { signal } = new AbortController();

/** Runs the command over deliveries (and dead letters of the same names) of which some cannot be made again. */
async function run(names: readonly string[], broken: readonly string[], ...args: string[]) {
  const printed: string[] = [];
  const again = (name: string) => {
    if (broken.includes(name)) throw new ProblemError("record-damaged");
    return { id: name, analysis: `${name}-again` };
  };
  const letters = {
    async *list(): AsyncGenerator<DeadLetter> {
      for (const id of names) yield { id, kind: "delivery", tenant: "a", analysis: id, at, reason: "" };
    },
    retry: async (id: string) => again(id),
  };
  const deliveries = {
    async *deadLetters() {
      const problem = new ProblemError("record-damaged");
      for (const name of names) yield { name, ref: { tenant: "a", event: name }, problem };
    },
  };
  const dispatch = {
    redeliver: async ({ event }: DeliveryRef): Promise<never> => again(event) as never,
  };
  const well = await deadLettersCommand(args, () => ({ letters, deliveries, dispatch }), {
    out: (line) => printed.push(line),
    err: () => assert.fail("nothing is damaged"),
    signal,
  });
  return { well, printed };
}

for (const [command, end] of [
  ["retry", "2 tried again."],
  ["redeliver", "2 to be made again."],
] as const) {
  test(`${command}: one that fails is told and stops no other, and is not well`, async () => {
    const { well, printed } = await run(["x", "y", "z"], ["y"], command, "--all");
    assert.equal(well, false);
    assert.match(printed.join("\n"), new RegExp(`^x.*\ny  .+\nz.*\n${end}$`));
  });

  test(`${command}: one that is not there, or is another tenant's, is told`, async () => {
    const { well, printed } = await run(["x"], [], command, "x", "gone");
    assert.equal(well, false);
    assert.match(printed.join("\n"), /^x.*\ngone {2}.+\n1 t/);
    const other = await run(["x"], [], command, "x", "--tenant", "b");
    assert.deepEqual([other.well, other.printed.length], [false, 2]);
  });

  test(`${command}: all that can be done is well, nothing to do too`, async () => {
    assert.equal((await run(["x", "y"], [], command, "--all")).well, true);
    assert.equal((await run(["x", "y"], ["y"], command, "x")).well, true);
    assert.equal((await run([], [], command, "--all")).well, true);
  });
}

test("what a retry brings about is not retried again, and a signal ends it between two", async () => {
  const names = ["x", "y"];
  const ended = new AbortController();
  const letters = {
    async *list(): AsyncGenerator<DeadLetter> {
      for (const id of names) yield { id, kind: "delivery", tenant: "a", analysis: id, at, reason: "" };
    },
    // The cause is not mended: it fails again, and is a dead letter once more.
    retry: async (id: string) => ({ id, analysis: names[names.push(`${id}-again`) - 1] ?? "" }),
  };
  const open = () => ({ letters, deliveries: {} as never, dispatch: {} as never });
  const retry = async () => {
    const printed: string[] = [];
    const out = (line: string) => {
      printed.push(line);
      if (line.startsWith("x-again")) ended.abort();
    };
    const err = () => assert.fail("nothing is damaged");
    await deadLettersCommand(["retry", "--all"], open, { out, err, signal: ended.signal }).catch(
      () => undefined,
    );
    return printed.map((line) => line.split(" ")[0]);
  };
  assert.deepEqual(await retry(), ["x", "y", "2"]);
  assert.deepEqual(await retry(), ["x", "y", "x-again"]);
});

test("what is left out because nobody can read it is told, and is not well", async () => {
  const told: string[] = [];
  let taken = 0;
  const take = async (): Promise<never> => {
    taken += 1;
    return assert.fail("there is nothing to take");
  };
  for (const args of [["list"], ["retry", "--all"], ["redeliver", "--all"]]) {
    const well = await deadLettersCommand(
      args,
      (onDamaged) => {
        const deadLetters = async function* (each = onDamaged) {
          each("x", new ProblemError("record-damaged"));
          yield* [];
        };
        return {
          letters: {
            async *list() {
              onDamaged("x", new ProblemError("record-damaged"));
              yield* [];
            },
            retry: take,
          },
          deliveries: { deadLetters },
          dispatch: { redeliver: take },
        };
      },
      { out: () => undefined, err: (line) => told.push(line), signal },
    );
    assert.equal(well, false);
  }
  assert.deepEqual(
    told.map((line) => line.split(" ")[0]),
    ["x", "x", "x"],
  );
  assert.equal(taken, 0);
});
