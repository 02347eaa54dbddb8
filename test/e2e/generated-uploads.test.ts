import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { catalogue, FileStore, KeyRing, Ledger } from "@osteon/shared";
import sharp from "sharp";
import { filmBytes, testFilms } from "../support/films.js";
import { type GeneratedRequest, UploadGenerator } from "../support/generated-uploads.js";
import { problemOf, type RawAnswer, RawConnection } from "../support/raw-http.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const count = 10_000;
const seed = 1895;
const atOnce = 48;
/** What the gateway is given for a request that stops in the middle, seconds; and the most that an answer may then take. */
const stallSeconds = 2;
const longestMs = 60_000;

let system: TestSystem;
let store: FileStore;
let generator: UploadGenerator;
before(async () => {
  // Films stay where they are: what there is afterwards is what was accepted, and nothing else.
  system = await startTestSystem({
    counts: { "bodypart-worker": 0, "fracture-worker": 0, "webhook-worker": 0 },
    env: {
      AUTH: "keys",
      STALL_TIMEOUT_SECONDS: String(stallSeconds),
      RATE_LIMIT_SUBMISSIONS: "0",
      RATE_LIMIT_READS: "0",
      MAX_QUEUED: "1000000",
    },
  });
  store = new FileStore(path.join(system.running.dataDir, "store"));
  const ring = new KeyRing(store);
  const { text: key } = await ring.create({ tenant: "a", name: "", scopes: ["submit", "read"] });
  const film = await sharp(filmBytes(testFilms(1, "hand")[0]?.file ?? ""))
    .resize(240, 240)
    .jpeg({ quality: 60 })
    .toBuffer();
  generator = new UploadGenerator({ seed, film, host: new URL(system.client.url).host, key });
});
after(async () => {
  await system?.stop();
  await store?.close();
});

/** Sends one and waits for its answer, or for its end; undefined where the connection was closed without an answer. */
async function send({ bytes, name }: GeneratedRequest): Promise<RawAnswer | undefined> {
  const connection = await RawConnection.open(system.client.url);
  const late = AbortSignal.timeout(longestMs);
  const hung = new Promise<never>((_resolve, reject) => {
    late.addEventListener("abort", () => reject(new Error(`no end within ${longestMs} ms: ${name}`)));
  });
  try {
    connection.write(bytes);
    for (;;) {
      const answer = await Promise.race([connection.answer(), hung]);
      if (answer?.status !== 100) return answer;
    }
  } finally {
    connection.close();
  }
}

async function memory(): Promise<number> {
  const status = await readFile(`/proc/${system.running.named("gateway")[0]?.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

test("10,000 generated uploads are answered in good order, and what is refused leaves nothing", async (t) => {
  const accepted = new Set<string>();
  const tally = new Map<string, number>();
  const samples: number[] = [];
  const faults: string[] = [];
  let sent = 0;

  const judge = (request: GeneratedRequest, answer: RawAnswer | undefined) => {
    const fault = (what: string) => faults.push(`${what}: ${request.name}: ${answer?.body.slice(0, 300)}`);
    if (answer === undefined) {
      tally.set("closed", (tally.get("closed") ?? 0) + 1);
      if (request.whole) fault("closed without an answer");
      return;
    }
    const { status, headers, body } = answer;
    const problem = status >= 400 ? problemOf(answer) : undefined;
    const key = problem === undefined ? String(status) : `${status} ${problem.code}`;
    tally.set(key, (tally.get(key) ?? 0) + 1);
    if (headers["x-request-id"] === undefined) fault("no request id");
    // A system with files for a store says that it has no uploads to give, and one without a secret that it signs nothing.
    if (status >= 500) fault(`${status}`);
    if (problem !== undefined && !(problem.code in catalogue)) fault("an unknown problem");
    if (status === 202) accepted.add((JSON.parse(body) as { id: string }).id);
    const [, uploaded] = /^\{"filename":"([0-9a-f-]{36})\.\w+"\}$/.exec(body) ?? [];
    if (status === 200 && uploaded !== undefined) accepted.add(uploaded);
  };
  const lane = async () => {
    while (sent < count) {
      sent += 1;
      if (sent % 1_000 === 0) samples.push(Math.round(await memory()));
      const request = generator.next();
      judge(request, await send(request));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));

  t.diagnostic(
    [...tally]
      .sort(([, a], [, b]) => b - a)
      .map(([key, times]) => `${key}: ${times}`)
      .join(", "),
  );
  t.diagnostic(`the gateway's memory after each 1,000, MB: ${samples.join(", ")}`);
  assert.deepEqual(faults.slice(0, 10), [], `${faults.length} faults, seed ${seed}`);
  assert.ok(accepted.size > 200, `${accepted.size} accepted`);

  // What a client broke off is taken back when the gateway has noticed: the last answer need not be the last deed.
  const ledger = new Ledger(store);
  const left = async () => {
    const { keys } = await system.snapshot();
    const live = keys.flatMap((key) => /:live:(.+)$/.exec(key)?.[1] ?? []);
    const pending = (await store.list("pending/")).map((key) => key.slice("pending/".length));
    const listed: string[] = [];
    for (let after: string | undefined; ; after = listed.at(-1)) {
      const page = await ledger.list("a", 1_000, after);
      listed.push(...page);
      if (page.length < 1_000) break;
    }
    return [live, pending, listed].map((ids) => ids.sort());
  };
  const wanted = [...accepted].sort();
  const same = (ids: string[]) => ids.length === wanted.length && ids.every((id, at) => id === wanted[at]);
  const until = Date.now() + longestMs;
  let found = await left();
  while (!found.every(same) && Date.now() < until) found = await left();
  for (const [at, where] of ["Redis", "markers", "the store"].entries()) {
    assert.deepEqual(found[at], wanted, `what is in ${where} is what was accepted`);
  }

  const [early = 0, last = 0] = [samples[2], samples.at(-1)];
  assert.ok(last < early + 150, `memory went from ${early} to ${last} MB`);
});
