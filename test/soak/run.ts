import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type RunningSystem, startSystem } from "@osteon/embedded";
import { type Backbone, expireAnalyses, KeyRing, loadConfig, openBackbone, walk } from "@osteon/shared";
import { filmBytes, testFilms } from "../support/films.js";
import { Receiver } from "../support/receiver.js";
import { analysisFolders } from "../support/store-folders.js";
import { strayKeys } from "../support/stray-keys.js";
import { webhookSecret } from "../support/system.js";
import { collectSignal } from "./collect.js";
import { type Figures, figuresOf, figuresOfRedis, hastenExpiry, type JobCounts } from "./figures.js";
import { IdleThread } from "./idle-thread.js";
import { Load } from "./load.js";

export interface SoakOptions {
  /** Jobs that the queues shall do, of all kinds. */
  jobs: number;
  engine: "stub" | "real";
  /** Clients at once. */
  clients: number;
  /** Longest time under load. */
  minutes: number;
  /** Seconds between two samples. */
  every: number;
  say?: (line: string) => void;
}

export interface Sample {
  /** Jobs done by then. */
  jobs: number;
  /** By process, and of Redis. */
  figures: Record<string, Figures>;
}

export interface SoakResult {
  /** Jobs that were done, by kind. */
  jobs: JobCounts;
  seconds: number;
  analyses: number;
  films: number;
  wrong: number;
  unseen: number;
  erased: number;
  expired: number;
  delivered: number;
  restarts: number;
  samples: Sample[];
  /** What is left in the store and in Redis when everything is erased. */
  leftovers: string[];
}

/** Retention in small: seconds for which each tenant's analyses are kept. */
const kept: Readonly<Record<string, number>> = { brief: 30, longer: 60 };
/** Seconds that Redis keeps what ended, in the place of an hour. */
const rememberedSeconds = 30;

const root = fileURLToPath(new URL("../../../", import.meta.url));
// As small as a film may be: the services are what is looked at, not the decoder.
const smallFilm = () => readFileSync(path.join(root, "test", "fixtures", "small-film.png"));
const realFilms = (region?: string) => testFilms(24, region).map(({ file }) => filmBytes(file));
const blobs = (films: Buffer[]) => films.map((bytes) => new Blob([Uint8Array.from(bytes)]));

/** Sends films through the real services, with retention and erasure at work, and measures meanwhile. */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const { engine } = options;
  const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-soak-"));
  const receiver = await Receiver.start(webhookSecret);
  const idle = new IdleThread();
  const system = await startSystem({
    dataDir: folder,
    port: 0,
    redisUrl: null,
    env: {
      AUTH: "keys",
      RATE_LIMIT_SUBMISSIONS: "0",
      RATE_LIMIT_READS: "0",
      WEBHOOK_SECRET: webhookSecret,
      WEBHOOK_ALLOW: "127.0.0.0/8",
      HEALTH_PORT: "0",
      LOG_LEVEL: "warn",
      INFERENCE_THREADS: "1",
      NODE_OPTIONS: ["./collect.js", "./stub-engine.js"]
        .map((module) => `--import=${new URL(module, import.meta.url).href}`)
        .join(" "),
      OSTEON_STUB_ENGINE: engine === "stub" ? "on" : "off",
    },
    startTimeoutMs: 900_000,
    write: () => undefined,
  });
  const direct = await openBackbone(
    loadConfig({ DATA_DIR: folder, REDIS_URL: system.redisUrl, LOG_LEVEL: "silent" }),
  );
  try {
    return await soak({ options, system, direct, receiver, idle });
  } finally {
    await direct.close();
    await system.stop();
    await receiver.stop();
    await idle.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Parts {
  options: SoakOptions;
  system: RunningSystem;
  direct: Backbone;
  receiver: Receiver;
  idle: IdleThread;
}

async function soak({ options, system, direct, receiver, idle }: Parts): Promise<SoakResult> {
  const { say = () => undefined } = options;
  const ring = new KeyRing(direct.store);
  const keys = await Promise.all(
    Object.keys(kept).map(
      async (tenant) => (await ring.create({ tenant, name: "", scopes: ["submit", "read"] })).text,
    ),
  );
  const { text: admin } = await ring.create({ tenant: "admin", name: "", scopes: ["admin"] });
  let [delivered, expired, done] = [0, 0, 0];
  let jobs: JobCounts = {};
  receiver.on("delivery", () => {
    delivered += 1;
    receiver.deliveries.length = 0;
  });
  const load = (films: Buffer[]) => new Load({ url: system.url, keys, receiver, films: blobs(films) });
  // What the stub answers from then on: a film of a body part that has a model, so that each film is in both queues.
  const first = load(realFilms("hand").slice(0, 1));
  await first.run(1, () => first.analyses > 0);

  const samples: Sample[] = [];
  const sample = async () => {
    const idleMs = await idle.p99();
    // What is garbage is no growth, and what of it happens to be there would hide some.
    for (const { pid } of system.services) if (pid !== undefined) process.kill(pid, collectSignal);
    const figures: Record<string, Figures> = { redis: await figuresOfRedis(direct.redis) };
    jobs = {};
    for (const each of system.services) {
      const told = await figuresOf(each, admin, idleMs);
      figures[each.label] = told.figures;
      for (const [kind, count] of Object.entries(told.jobs)) jobs[kind] = (jobs[kind] ?? 0) + count;
    }
    done = Object.values(jobs).reduce((sum, count) => sum + count, 0);
    samples.push({ jobs: done, figures });
  };
  const expire = (keptSeconds: (tenant: string) => number) =>
    expireAnalyses(direct.analyses, (tenant) => Date.now() - keptSeconds(tenant) * 1000);

  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const main = load(options.engine === "stub" ? [smallFilm()] : realFilms());
  const over = new AbortController();
  const enough = () => over.signal.aborted || done >= options.jobs || seconds() > options.minutes * 60;
  /** Takes a step, and again some time after it, until the load is over; a fault in it ends the load. */
  const repeat = async (step: () => Promise<void>) => {
    try {
      while (!over.signal.aborted) {
        await step();
        await delay(options.every * 1000, undefined, { signal: over.signal }).catch(() => undefined);
      }
    } finally {
      over.abort();
    }
  };
  await Promise.all([
    repeat(async () => {
      await sample();
      say(`${done} jobs, ${(done / seconds()).toFixed(1)} a second; ${main.films} films, ${expired} expired`);
    }),
    repeat(async () => {
      expired += await expire((tenant) => kept[tenant] ?? 0);
    }),
    // By itself, as Redis does it: a round of retention may last longer than what ended is remembered.
    repeat(() => hastenExpiry(direct.redis, rememberedSeconds)),
    main.run(options.clients, enough).finally(() => over.abort()),
  ]);
  await sample();
  const result = { jobs, seconds: seconds(), samples };
  say("the load is over");
  await untilIdle(direct);
  expired += await expire(() => 0);
  return {
    ...result,
    analyses: main.analyses,
    films: main.films,
    wrong: main.wrong + first.wrong,
    unseen: main.unseen,
    erased: main.erased,
    expired,
    delivered,
    restarts: system.services.reduce((sum, { restarts }) => sum + restarts, 0),
    leftovers: [...(await analysesLeft(direct)), ...(await strayKeys(direct.redis))],
  };
}

/** Waits until nothing is pending, owed or queued. */
async function untilIdle(direct: Backbone): Promise<void> {
  for (;;) {
    const counts = await direct.queues.counts();
    const jobs = Object.values(counts).flatMap((states) => Object.values(states));
    const markers = (
      await Promise.all(["pending/", "deliveries/", "erasures/"].map((folder) => direct.store.list(folder)))
    ).flat();
    if (markers.length === 0 && jobs.every((count) => count === 0)) return;
    await delay(250);
  }
}

/** Keys in the store that belong to an analysis. */
async function analysesLeft(direct: Backbone): Promise<string[]> {
  const left: string[] = [];
  for (const folder of analysisFolders) for await (const key of walk(direct.store, folder)) left.push(key);
  return left;
}
