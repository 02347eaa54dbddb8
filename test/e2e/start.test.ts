import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "../support/client.js";
import { annotations, filmBytes, testFilms } from "../support/films.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const dataDir = mkdtempSync(path.join(os.tmpdir(), "osteon-start-"));
const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(dataDir, { recursive: true, force: true });
});

/** `npm start` as a user runs it, on a folder of its own. */
function start(args: string[] = [], given: NodeJS.ProcessEnv = {}): ChildProcess {
  const { REDIS_URL: _, ...env } = process.env;
  const child = spawn(process.execPath, ["scripts/start.mjs", ...args], {
    cwd: root,
    env: { ...env, DATA_DIR: dataDir, PORT: "0", ...given },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** The address in the one line that a start prints when it is ready. */
async function ready(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout);
  for await (const line of createInterface(child.stdout)) {
    const address = /^Osteon is ready: (\S+) +try: curl -F film=@\S+ \1\/v1\/analyses$/.exec(line)?.[1];
    if (address !== undefined) return address;
  }
  return assert.fail("it ended before it was ready");
}

async function ended(child: ChildProcess): Promise<{ code: number | null; output: string; errors: string }> {
  const read = async (stream: Readable | null) =>
    stream === null ? "" : Buffer.concat(await stream.toArray()).toString();
  const [output, errors, [code]] = await Promise.all([
    read(child.stdout),
    read(child.stderr),
    once(child, "exit"),
  ]);
  return { code: code as number | null, output, errors };
}

/** Processes that the system on our folder left. */
function left(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/environ`, "utf8").includes(`DATA_DIR=${dataDir}\0`) &&
          pid !== String(process.pid)
        );
      } catch {
        return false;
      }
    });
}

test("npm start runs the main job, ends cleanly on SIGINT, and a restart still answers for the old film", async () => {
  const first = start();
  const client = new Client(await ready(first));
  const page = await fetch(client.url);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /Osteon[\s\S]*Not a medical device/);
  const [film] = testFilms(1, "shoulder");
  assert.ok(film);
  const { body } = await client.submit([{ name: film.file, bytes: filmBytes(film.file) }]);
  const analysis = await client.ended(body.id);
  assert.equal(analysis.status, "completed");

  const second = await ended(start());
  assert.equal(second.code, 1, "a second start on the same data says that one runs");
  assert.match(second.errors, /already/);
  assert.ok(second.errors.includes(client.url));
  assert.deepEqual((await client.get(body.id)).body, analysis, "and does the first no harm");

  first.kill("SIGINT");
  assert.deepEqual(await once(first, "exit"), [0, null]);
  assert.deepEqual(left(), []);

  const again = start();
  const restarted = new Client(await ready(again));
  assert.deepEqual((await restarted.get(body.id)).body, analysis);
  again.kill("SIGTERM");
  assert.deepEqual(await once(again, "exit"), [0, null]);
  assert.deepEqual(left(), []);
});

test("npm start -- analyze prints answers and, for PART/LABEL folders, accuracy; a bad film fails it", async () => {
  const folder = path.join(dataDir, "films here");
  for (const region of ["elbow", "hand"]) {
    for (const fractured of [true, false]) {
      const film = annotations.find(
        (each) => each.split === "test" && each.region === region && each.fractured === fractured,
      );
      assert.ok(film);
      const place = path.join(
        folder,
        region === "hand" ? "Hand" : region,
        fractured ? "fractured" : "normal",
      );
      mkdirSync(place, { recursive: true });
      writeFileSync(path.join(place, film.file), filmBytes(film.file));
    }
  }
  // With keys for all else: what runs for this command alone needs none.
  const good = await ended(start(["analyze", folder, "--json"], { AUTH: "keys" }));
  assert.equal(good.code, 0, good.errors);
  const report = JSON.parse(good.output) as {
    films: { analysis: { status: string } }[];
    accuracy: Record<string, unknown>;
  };
  assert.equal(report.films.length, 4);
  assert.ok(report.films.every((each) => each.analysis.status === "completed"));
  assert.ok(report.accuracy);

  writeFileSync(path.join(folder, "broken.jpg"), "not a film");
  const bad = await ended(start(["analyze", folder]));
  assert.equal(bad.code, 1);
  assert.match(bad.output, /broken\.jpg.*Unsupported media type/);
  assert.deepEqual(left(), []);
});
