import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { ProblemError } from "@osteon/shared";
import type { EngineOptions, RawOutput } from "../src/engine.js";
import { loadBundle, type Manifest } from "../src/index.js";
import type { Lane, StartLane } from "../src/pool/protocol.js";
import { PooledEngine } from "../src/pooled-engine.js";
import {
  bodyPartManifest,
  expectedFracture,
  expectedLogits,
  film,
  fractureManifest,
  temporaryFolder,
  writeBundle,
} from "./support/bundles.js";
import { onnxOf } from "./support/onnx.js";

const coded = (code: string) => (error: unknown) => error instanceof ProblemError && error.code === code;

/** Refused for good, and for this reason. */
export const damagedFor = (reason: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ProblemError && error.code === "bundle-damaged", String(error));
  assert.match(error.detail, reason);
  return !error.retryable;
};

/** What every engine must do, with models whose answers can be reckoned by hand. */
export function engineConformance(name: string, start: StartLane): void {
  const lanes: Lane[] = [];
  const make = (options: EngineOptions) =>
    PooledEngine.start(
      name,
      (listener) => {
        const lane = start(listener);
        lanes.push(lane);
        return lane;
      },
      options,
    );
  const open = async (t: TestContext, options: EngineOptions = { threads: 2 }) => {
    const engine = await make(options);
    t.after(() => engine.dispose());
    return engine;
  };
  const bundleOf = async (t: TestContext, manifest: Parameters<typeof writeBundle>[1], model?: Uint8Array) =>
    loadBundle(await writeBundle(await temporaryFolder(t), manifest, model));

  const near = (actual: ArrayLike<number> | undefined, expected: readonly number[]) => {
    assert.equal(actual?.length, expected.length);
    expected.forEach((number, at) => {
      assert.ok(
        Math.abs((actual?.[at] ?? Number.NaN) - number) < 1e-4,
        `[${at}] ${actual?.[at]} instead of ${number}`,
      );
    });
  };
  const logitsOf = (output: RawOutput | undefined) => output?.outputs.logits?.data;

  describe(`engine: ${name}`, () => {
    test("answers with the right numbers, for both tasks and films of any shape", async (t) => {
      const engine = await open(t);
      const part = await engine.load(await bundleOf(t, bodyPartManifest()));
      const fracture = await engine.load(await bundleOf(t, fractureManifest("hip")));
      for (const of of [film(2), film(3, 64, 64), film(4, 200, 40), film(5, 30, 300)]) {
        near(logitsOf((await part.run([of]))[0]), expectedLogits(of));
        const [output] = await fracture.run([of]);
        const expected = expectedFracture(of);
        near(output?.outputs.logit?.data, [expected.logit]);
        near(output?.outputs.heatmap?.data, expected.heatmap);
        assert.deepEqual(output?.outputs.heatmap?.dims, [1, 8, 8]);
        assert.equal(output?.placement.canvasWidth, 64);
      }
    });

    test("keeps answers and films together under load, more films than threads", async (t) => {
      const engine = await open(t);
      const model = await engine.load(await bundleOf(t, bodyPartManifest()));
      const films = Array.from({ length: 60 }, (_, seed) => film(seed));
      const outputs = await model.run(films);
      for (const [seed, output] of outputs.entries()) near(logitsOf(output), expectedLogits(film(seed)));
      assert.equal(films[7]?.data.length, 90 * 120, "the caller's films stay his");
    });

    test("says what it is", async (t) => {
      const { name: named, threads, version } = (await open(t, { threads: 1 })).describe();
      assert.deepEqual([named, threads], [name, 1]);
      assert.match(version, /\d/);
    });

    test("refuses a model that is none, and goes on", async (t) => {
      const engine = await open(t);
      const damaged = await bundleOf(t, bodyPartManifest(), Buffer.from("no model at all"));
      await assert.rejects(engine.load(damaged), coded("bundle-damaged"));
      const good = await engine.load(await bundleOf(t, bodyPartManifest()));
      near(logitsOf((await good.run([film(6)]))[0]), expectedLogits(film(6)));
    });

    test("refuses a model whose weights lie in another file, and says so", async (t) => {
      const engine = await open(t);
      const nodes = [{ op: "Add", inputs: ["x", "weights"], outputs: ["logits"] }];
      const constants = { weights: { dims: [1], data: [1], elsewhere: true } } as const;
      const model = onnxOf({ input: [1, 1, 64, 64], nodes, constants, outputs: ["logits"] });
      const outside = await bundleOf(t, bodyPartManifest(), model);
      await assert.rejects(engine.load(outside), damagedFor(/keeps "weights" in another file/));
    });

    test("refuses a model that answers its warm-up film wrong", async (t) => {
      const engine = await open(t);
      const manifest = bodyPartManifest();
      const [first = 0, ...rest] = manifest.warmup.outputs.logits ?? [];
      const wrong = {
        ...manifest,
        warmup: { outputs: { logits: [first + 0.01, ...rest] }, tolerance: 1e-4 },
      };
      await assert.rejects(engine.load(await bundleOf(t, wrong)), coded("warmup-failed"));
    });

    test("survives a lane that dies: at most its film fails, and may be tried again", async (t) => {
      const engine = await open(t);
      const model = await engine.load(await bundleOf(t, bodyPartManifest()));
      const runs = Array.from({ length: 30 }, (_, seed) => model.run([film(seed)]));
      // As a crash of the native library would.
      await lanes.at(-1)?.end();
      const ends = await Promise.allSettled(runs);
      const lost = ends.filter((end) => end.status === "rejected");
      assert.ok(lost.length <= 1, `${lost.length} films were lost`);
      for (const { reason } of lost)
        assert.ok(coded("engine-failed")(reason) && (reason as ProblemError).retryable);
      const again = await model.run(Array.from({ length: 10 }, (_, seed) => film(seed)));
      for (const [seed, output] of again.entries()) near(logitsOf(output), expectedLogits(film(seed)));
    });

    test("frees a model only when its runs are done, and refuses later ones", async (t) => {
      const engine = await open(t);
      const bundle = await bundleOf(t, bodyPartManifest());
      const [model, other] = [await engine.load(bundle), await engine.load(bundle)];
      const running = model.run([film(1), film(2), film(3)]);
      await model.dispose();
      assert.equal((await running).length, 3);
      await assert.rejects(model.run([film(1)]), coded("engine-failed"));
      near(logitsOf((await other.run([film(4)]))[0]), expectedLogits(film(4)));
    });

    test("refuses work once it is disposed, and what waits fails", async (t) => {
      const engine = await make({ threads: 1 });
      const model = await engine.load(await bundleOf(t, bodyPartManifest()));
      const waiting = Array.from({ length: 20 }, (_, seed) => model.run([film(seed)]));
      const settled = Promise.allSettled(waiting);
      await engine.dispose();
      const failed = (await settled).filter((end) => end.status === "rejected");
      assert.ok(failed.length > 0, "nothing waited");
      for (const { reason } of failed) assert.ok(coded("engine-failed")(reason));
      await assert.rejects(model.run([film(1)]), coded("engine-failed"));
    });

    test("keeps its memory over 1,000 runs", async (t) => {
      const engine = await open(t);
      const model = await engine.load(await bundleOf(t, fractureManifest("leg")));
      const run = async (count: number) => {
        for (let done = 0; done < count; done += 20) {
          await model.run(Array.from({ length: 20 }, (_, at) => film(done + at)));
        }
      };
      await run(400);
      const before = process.memoryUsage().rss;
      await run(1000);
      const grown = (process.memoryUsage().rss - before) / 2 ** 20;
      // A film and its heat map are 45 kB: were each kept, it would be 45 MB and more.
      assert.ok(grown < 30, `grew by ${grown.toFixed(1)} MB`);
    });
  });

  describe(`bundles for ${name}`, () => {
    const refused = async (t: TestContext, spoil: (folder: string) => Promise<void>, detail: RegExp) => {
      const folder = await writeBundle(await temporaryFolder(t), bodyPartManifest());
      await spoil(folder);
      await assert.rejects(loadBundle(folder), (error) => {
        assert.ok(coded("bundle-damaged")(error));
        assert.match((error as ProblemError).detail, detail);
        return true;
      });
    };
    const edit = (change: (manifest: Record<string, unknown>) => void) => async (folder: string) => {
      const file = join(folder, "model.json");
      const manifest = JSON.parse(await readFile(file, "utf8")) as Manifest & Record<string, unknown>;
      change(manifest);
      await writeFile(file, JSON.stringify(manifest));
    };

    test("a flipped byte in the model is found", (t) =>
      refused(
        t,
        async (folder) => {
          const bytes = await readFile(join(folder, "model.onnx"));
          bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
          await writeFile(join(folder, "model.onnx"), bytes);
        },
        /model\.onnx/,
      ));
    test("a manifest that is no JSON, or breaks the schema, is refused with every fault", async (t) => {
      await refused(t, (folder) => writeFile(join(folder, "model.json"), "{"), /bodypart/);
      await refused(
        t,
        edit((manifest) => {
          manifest.version = "one";
          delete manifest.licence;
        }),
        /version[\s\S]*licence|licence[\s\S]*version/,
      );
    });
    test("a bundle under another's name is refused", (t) =>
      refused(
        t,
        edit((manifest) => {
          manifest.name = "other";
        }),
        /name/,
      ));
  });
}
