import assert from "node:assert/strict";
import { test } from "node:test";
import type { Analyses } from "@osteon/shared";
import { UsageError } from "@osteon/shared/command-line";
import { ledgerCommand } from "../src/ledger.js";

/** Analyses of one tenant, the last of which lacks its marker. @param onLook told of each that is looked at */
function analysesOf(count: number, onLook: () => void = () => undefined): Analyses {
  const ids = Array.from({ length: count }, (_, at) => `analysis-${at}`);
  const ledger = {
    async *tenants() {
      yield "clinic";
    },
    async *acceptedBefore() {
      yield* ids;
    },
    pending: {
      has: async (id: string) => {
        onLook();
        return id !== ids.at(-1);
      },
      set: async () => undefined,
    },
    results: { has: async () => false, get: async () => undefined },
    hasRequest: async () => true,
  };
  const dispatch = { setLostMarkers: async () => false };
  return { ledger, dispatch } as unknown as Analyses;
}

const { signal } = new AbortController();

test("repair names what lacked its marker, and how many", async () => {
  const printed: string[] = [];
  const out = (line: string) => void printed.push(line);
  await ledgerCommand(["repair"], analysesOf(40), { out, signal });
  assert.equal(printed[0], "analysis-39  clinic");
  assert.match(printed[1] ?? "", /^1 put back\./);
  await ledgerCommand(["repair"], analysesOf(0), { out, signal });
  assert.equal(printed[2], "0 put back.");
});

test("repair ends at a signal, though nothing was lost so far", async () => {
  const [abort, stopped] = [new AbortController(), new Error("stopped")];
  let looked = 0;
  const analyses = analysesOf(2_000, () => {
    looked += 1;
    if (looked === 10) abort.abort(stopped);
  });
  await assert.rejects(
    ledgerCommand(["repair"], analyses, { out: () => assert.fail("nothing was lost"), signal: abort.signal }),
    stopped,
  );
  assert.ok(looked < 100, `${looked} looked at`);
});

test("the ledger has no other command", async () => {
  for (const args of [[], ["mend"], ["repair", "all"], ["repair", "--all"]])
    await assert.rejects(ledgerCommand(args, analysesOf(1), { out: () => undefined, signal }), UsageError);
});
