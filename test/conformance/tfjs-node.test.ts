import assert from "node:assert/strict";
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { loadBundle } from "@osteon/inference";
import {
  bodyPartManifest,
  engineConformance,
  onnxOf,
  operatorCases,
  PooledEngine,
  startTfjsNodeLane,
  temporaryFolder,
  writeBundle,
} from "@osteon/inference/testing";
import { ProblemError } from "@osteon/shared";

const exec = promisify(execFile);
const fixture = (name: string) =>
  new URL(`./fixtures/tfjs-node-${name}.js`, import.meta.resolve("@osteon/inference/testing"));

async function answer<T>(name: string): Promise<T> {
  const { stdout } = await exec(process.execPath, [fixture(name).pathname], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as T;
}

engineConformance("tfjs-node", startTfjsNodeLane);

test("every operator that is converted answers as ONNX Runtime does", async () => {
  const results = await answer<{ name: string; difference?: number; error?: string }[]>("operators");
  assert.deepEqual(
    results.map(({ name }) => name),
    operatorCases.map(({ name }) => name),
  );
  assert.ok(results.length > 200);
  assert.deepEqual(
    results.filter(({ difference = Number.POSITIVE_INFINITY }) => difference > 1e-4),
    [],
  );
});

test("an operator that cannot be converted is refused by its name, and the engine goes on", async (t) => {
  const engine = await PooledEngine.start("tfjs-node", startTfjsNodeLane, { threads: 1 });
  t.after(() => engine.dispose());
  const model = onnxOf({
    input: [1, 1, 64, 64],
    nodes: [{ op: "NonZero", inputs: ["x"], outputs: ["logits"] }],
    outputs: ["logits"],
  });
  const bundle = await loadBundle(await writeBundle(await temporaryFolder(t), bodyPartManifest(), model));
  await assert.rejects(engine.load(bundle), (error) => {
    assert.ok(error instanceof ProblemError);
    assert.deepEqual([error.code, error.retryable], ["model-unsupported", false]);
    assert.match(error.detail, /^bodypart: .*NonZero/);
    return true;
  });
  await engine.load(await loadBundle(await writeBundle(await temporaryFolder(t), bodyPartManifest())));
});

test("1,000 films leave no tensor behind", async () => {
  interface Held {
    tensors: number;
    rss: number;
  }
  const { before, after } = await answer<{ before: Held; after: Held }>("tensors");
  assert.equal(after.tensors, before.tensors);
  const grown = (after.rss - before.rss) / 2 ** 20;
  assert.ok(grown < 30, `grew by ${grown.toFixed(1)} MB`);
});

describe("processes of the engine", () => {
  /** Pids of the children of a process. */
  const childrenOf = async (pid: number | undefined) =>
    (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ").map(Number);
  const isThere = async (pid: number) => {
    const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    return state !== "" && !/\) Z /.test(state);
  };
  const untilGone = async (pids: number[]) => {
    const until = Date.now() + 60_000;
    while ((await Promise.all(pids.map(isThere))).includes(true)) {
      assert.ok(Date.now() < until, `${pids.join(" and ")} are still there`);
      await delay(20);
    }
  };
  const owner = async () => {
    const child = fork(fixture("owner"), { execArgv: [] });
    await once(child, "message");
    const pids = await childrenOf(child.pid);
    assert.equal(pids.length, 2);
    return { child, pids };
  };

  test("none outlives an owner that is killed", async () => {
    const { child, pids } = await owner();
    child.kill("SIGKILL");
    await untilGone(pids);
  });

  test("they obey their owner alone: a signal to the whole group does not take them from a film in hand", async () => {
    const { child, pids } = await owner();
    for (const pid of pids) for (const signal of ["SIGINT", "SIGTERM"] as const) process.kill(pid, signal);
    const ended = once(child, "exit");
    child.send("dispose");
    await untilGone(pids);
    assert.deepEqual((await ended)[0], 0);
  });
});
