import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Analysis } from "@osteon/shared";
import { type Answer, Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const films = testFilms(16).map(({ file }) => ({ name: file, bytes: filmBytes(file) }));
let system: TestSystem;
let keys: Record<"flood" | "single", string>;
before(async () => {
  system = await startTestSystem({
    env: {
      AUTH: "keys",
      INFERENCE_THREADS: "1",
      BODYPART_CONCURRENCY: "2",
      FRACTURE_CONCURRENCY: "2",
      // One submission more than must be accepted: one that the gateway accepts as it looks counts twice until it looks again.
      MAX_QUEUED: "220",
    },
  });
  keys = {
    flood: await system.key("flood", "submit", "read"),
    single: await system.key("single", "submit", "read"),
  };
});
after(() => system?.stop());

const clientOf = (key: string) => new Client(system.client.url, key);

function ask<T>(key: string, path: string, init: RequestInit = {}): Promise<Answer<T>> {
  return clientOf(key).request<T>(path, init);
}

function submit(key: string, count: number): Promise<Answer<Analysis>> {
  const form = new FormData();
  for (const { name, bytes } of films.slice(0, count)) {
    form.append("film", new Blob([Uint8Array.from(bytes)]), name);
  }
  return ask(key, "/v1/analyses", { method: "POST", body: form });
}

test("a flood of one tenant delays another's film by a few films", async (t) => {
  const accepted: string[] = [];
  // Held meanwhile: how much of the flood is left tells then of whose films came first, not of how fast they were submitted.
  const refused = await system.paused("bodypart-worker", async () => {
    for (;;) {
      const answer = await submit(keys.flood, 16);
      if (answer.status !== 202) return answer;
      accepted.push(answer.body.id);
    }
  });
  assert.ok(accepted.length >= 12, `${accepted.length} accepted`);
  Client.refused(refused, 503, "overloaded");

  const began = performance.now();
  const single = await submit(keys.single, 1);
  assert.equal(single.status, 202, "who has nothing waiting is still let in");
  const end = await clientOf(keys.single).ended(single.body.id);
  const took = performance.now() - began;
  assert.equal(end.status, "completed");
  const states = await Promise.all(
    accepted.map(async (id) => (await ask<Analysis>(keys.flood, `/v1/analyses/${id}`)).body),
  );
  const left = states.flatMap(({ films: each }) => each).filter((film) => film.outcome === undefined).length;
  t.diagnostic(
    `a single film came back after ${Math.round(took)} ms; ${left} of the other tenant's ${accepted.length * 16} films still waited`,
  );
  assert.ok(left > accepted.length * 8, `${left} films were left: the single one waited for too many`);
});
