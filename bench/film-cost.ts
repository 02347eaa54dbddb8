// `npm run bench:cost`: what a film costs Redis and the object store: commands, calls and bytes, counted on a running system.

import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startSystem } from "@osteon/embedded";
import { startS3 } from "@osteon/embedded/testing";
import { Redis } from "ioredis";
import { readFilms } from "./films.js";

const seconds = 30;
const inFlight = 8;
const data = fileURLToPath(new URL("../../../shared/data/fracatlas/", import.meta.url));
const films = readFilms(data, 100);
const out = fileURLToPath(new URL("../film-cost.json", import.meta.url));

interface StoreCounts {
  calls: Record<string, number>;
  bytesIn: number;
  bytesOut: number;
}

const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-cost-"));
const s3 = await startS3({ dir: path.join(folder, "s3") });
await s3.createBucket("films");
const counter = await startCounter(s3.endpoint);
const system = await startSystem({
  dataDir: path.join(folder, "data"),
  port: 0,
  redisUrl: null,
  env: {
    LOG_LEVEL: "warn",
    S3_ENDPOINT: counter.endpoint,
    S3_BUCKET: "films",
    S3_REGION: s3.region,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
  },
});
const redis = new Redis(system.redisUrl);
try {
  await load(5);
  // What the system does for itself, by the second, is no film's.
  const idle = await during(() => delay(seconds * 1000).then(() => 0));
  const loaded = await during(() => load(seconds));
  const per = (now: number, still: number) => (now - (still / idle.seconds) * loaded.seconds) / loaded.films;
  const each = (now: Record<string, number>, still: Record<string, number>) =>
    Object.fromEntries(
      Object.entries(now)
        .map(([name, count]) => [name, round(per(count, still[name] ?? 0))] as const)
        .filter(([, count]) => count >= 0.05)
        .sort(([, a], [, b]) => b - a),
    );
  const report = {
    films: loaded.films,
    redis: {
      commands: round(per(sum(loaded.redis.commands), sum(idle.redis.commands))),
      scripts: each(loaded.redis.scripts, idle.redis.scripts),
      byCommand: each(loaded.redis.commands, idle.redis.commands),
      bytesIn: Math.round(per(loaded.redis.bytesIn, idle.redis.bytesIn)),
      bytesOut: Math.round(per(loaded.redis.bytesOut, idle.redis.bytesOut)),
      cpuMs: round(per(loaded.redis.cpuMs, idle.redis.cpuMs)),
    },
    store: {
      calls: round(per(sum(loaded.store.calls), sum(idle.store.calls))),
      byVerb: each(loaded.store.calls, idle.store.calls),
      bytesIn: Math.round(per(loaded.store.bytesIn, idle.store.bytesIn)),
      bytesOut: Math.round(per(loaded.store.bytesOut, idle.store.bytesOut)),
    },
  };
  console.log(JSON.stringify(report, null, 2));
  await writeFile(out, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  redis.disconnect();
  await system.stop();
  await counter.close();
  await s3.stop();
  await rm(folder, { recursive: true, force: true });
}

/** `inFlight` clients each submit a film, wait for its result, and go on. Returns how many films that were. */
async function load(forSeconds: number): Promise<number> {
  const until = performance.now() + forSeconds * 1000;
  let done = 0;
  const loop = async () => {
    while (performance.now() < until) {
      const film = films[done % films.length];
      if (film === undefined) return;
      done += 1;
      const headers = { "content-type": "image/jpeg" };
      const body = Uint8Array.from(film.bytes);
      const answer = await fetch(`${system.url}/v1/analyses`, { method: "POST", body, headers });
      let analysis = (await answer.json()) as { id: string; status: string };
      if (answer.status !== 202) throw new Error(`the gateway answered ${answer.status}`);
      while (analysis.status !== "completed") {
        if (analysis.status === "failed") throw new Error("a film failed");
        analysis = (await (
          await fetch(`${system.url}/v1/analyses/${analysis.id}?wait=60`)
        ).json()) as typeof analysis;
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return done;
}

async function during(work: () => Promise<number>) {
  const [redisBefore, storeBefore] = [await countRedis(), counter.counts()];
  const began = performance.now();
  const films = await work();
  const [redisAfter, storeAfter] = [await countRedis(), counter.counts()];
  return {
    films,
    seconds: (performance.now() - began) / 1000,
    redis: {
      commands: difference(redisAfter.commands, redisBefore.commands),
      scripts: difference(redisAfter.scripts, redisBefore.scripts),
      bytesIn: redisAfter.bytesIn - redisBefore.bytesIn,
      bytesOut: redisAfter.bytesOut - redisBefore.bytesOut,
      cpuMs: redisAfter.cpuMs - redisBefore.cpuMs,
    },
    store: {
      calls: difference(storeAfter.calls, storeBefore.calls),
      bytesIn: storeAfter.bytesIn - storeBefore.bytesIn,
      bytesOut: storeAfter.bytesOut - storeBefore.bytesOut,
    },
  };
}

/** Commands by name, those that scripts run included; `scripts` are the calls of scripts alone. */
async function countRedis() {
  const [stats, traffic, cpu] = await Promise.all([
    redis.info("commandstats"),
    redis.info("stats"),
    redis.info("cpu"),
  ]);
  const commands = Object.fromEntries(
    [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, calls]) => [
      name ?? "",
      Number(calls),
    ]),
  );
  const number = (text: string, name: string) =>
    Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(text)?.[1] ?? 0);
  const { evalsha = 0, eval: evaluated = 0 } = commands;
  return {
    commands,
    scripts: { evalsha, eval: evaluated },
    bytesIn: number(traffic, "total_net_input_bytes"),
    bytesOut: number(traffic, "total_net_output_bytes"),
    cpuMs: (number(cpu, "used_cpu_user") + number(cpu, "used_cpu_sys")) * 1000,
  };
}

/** A way to the S3 server that counts what goes over it. */
async function startCounter(endpoint: string) {
  const counts: StoreCounts = { calls: {}, bytesIn: 0, bytesOut: 0 };
  const target = new URL(endpoint);
  const server = createServer((incoming, answer) => {
    const list = /[?&](list-type|prefix)=/.test(incoming.url ?? "");
    const verb = incoming.method === "GET" && list ? "LIST" : (incoming.method ?? "");
    counts.calls[verb] = (counts.calls[verb] ?? 0) + 1;
    incoming.on("data", (part: Buffer) => {
      counts.bytesIn += part.length;
    });
    // The signature is over the host that the client named.
    const onward = send(
      {
        host: target.hostname,
        port: target.port,
        path: incoming.url,
        method: incoming.method,
        headers: incoming.headers,
      },
      (came) => {
        came.on("data", (part: Buffer) => {
          counts.bytesOut += part.length;
        });
        answer.writeHead(came.statusCode ?? 502, came.headers);
        came.pipe(answer);
      },
    );
    onward.on("error", () => answer.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts: (): StoreCounts => ({ ...counts, calls: { ...counts.calls } }),
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function difference(after: Record<string, number>, before: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]),
  );
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((all, each) => all + each, 0);
}

function round(number: number): number {
  return Math.round(number * 100) / 100;
}
