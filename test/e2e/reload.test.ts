import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import type { Analysis, LoadedModel } from "@osteon/shared";
import { Client } from "../support/client.js";
import { assertUniform, loadedModels, reloadModels } from "../support/editions.js";
import { filmBytes, testFilms } from "../support/films.js";
import { ModelsFolder } from "../support/models-folder.js";
import { startTestSystem, type TestSystem } from "../support/system.js";
import { until } from "../support/until.js";

const hands = testFilms(6, "hand").map(({ file }) => ({ name: file, bytes: filmBytes(file) }));

let models: ModelsFolder;
let system: TestSystem;
before(async () => {
  models = await ModelsFolder.make();
  system = await startTestSystem({
    modelsDir: models.path,
    counts: { "bodypart-worker": 2, "fracture-worker": 2 },
    env: { INFERENCE_THREADS: "1" },
  });
});
after(async () => {
  await system?.stop();
  await models?.remove();
});

const reload = () => reloadModels(system);
const loaded = (name: string) => loadedModels(system, name);

/** Waits until the workers' editions of a model have these versions. */
async function untilLoaded(name: string, ...versions: string[]): Promise<void> {
  let found: string[] = [];
  const told = () => `${name} is ${versions.join(" and ")} instead of ${found.join(" and ")}`;
  await until(told, 60, async () => {
    found = (await loaded(name)).map(({ version }) => version).sort();
    return found.join() === versions.toSorted().join();
  });
}

async function examine(films = hands): Promise<Analysis> {
  const { status, body } = await system.client.submit(films);
  assert.equal(status, 202);
  return system.client.ended(body.id);
}

/** How often workers read an analysis again. */
async function rereads(): Promise<number> {
  const logs = system.running
    .named("bodypart-worker")
    .map(({ label }) => readFile(path.join(system.running.dataDir, "logs", `${label}.log`), "utf8"));
  return (await Promise.all(logs)).join("").split("read again").length - 1;
}

describe("models replaced while films are examined", () => {
  test("many swaps under load: no film fails, no analysis mixes editions, each answer is its edition's", async () => {
    let swapping = true;
    const ends: Analysis[] = [];
    const load = Array.from({ length: 4 }, async () => {
      while (swapping) ends.push(await examine());
    });
    const digests = new Set<string | undefined>();
    for (let generation = 1; generation <= 8; generation++) {
      await models.tune(generation, "bodypart", "fracture-hand");
      const workers = await reload();
      assert.deepEqual(
        workers.map(({ service }) => service),
        ["bodypart-worker", "bodypart-worker", "fracture-worker", "fracture-worker"],
      );
      for (const { models: each } of workers) {
        assert.deepEqual(
          each
            .filter(({ outcome }) => outcome !== "unchanged")
            .map(({ name, model }) => [name, model?.version]),
          [[each.length === 1 ? "bodypart" : "fracture-hand", `9.0.${generation}`]],
        );
      }
      const [model, ...others] = await loaded("fracture-hand");
      assert.deepEqual(others, []);
      assert.equal(model?.version, `9.0.${generation}`);
      digests.add(model?.manifestDigest);
    }
    swapping = false;
    await Promise.all(load);
    assert.equal(digests.size, 8);
    assert.ok(ends.length > 4);
    const answers = new Map<string, Set<number | undefined>>();
    for (const analysis of ends) {
      assertUniform(analysis);
      for (const { digest, models: used, fracture, bodyPart } of analysis.films) {
        for (const [edition, value] of [
          [used?.fracture?.version, fracture?.probability],
          [used?.bodyPart?.version, bodyPart?.probability],
        ] as const) {
          const key = `${digest} ${edition} ${value === fracture?.probability}`;
          answers.set(key, (answers.get(key) ?? new Set()).add(value));
        }
      }
    }
    for (const [key, values] of answers) assert.equal(values.size, 1, `${key}: ${[...values].join(" and ")}`);
  });

  test("while workers have different editions, each analysis still has one", async () => {
    await models.tune(20, "bodypart", "fracture-hand");
    for (const service of ["bodypart-worker", "fracture-worker"] as const) {
      const { pid } = system.running.named(service)[0] ?? {};
      assert.ok(pid);
      process.kill(pid, "SIGHUP");
    }
    await untilLoaded("bodypart", "9.0.20", "9.0.8");
    await untilLoaded("fracture-hand", "9.0.20", "9.0.8");
    const before = await rereads();
    for (const analysis of await Promise.all(Array.from({ length: 8 }, () => examine()))) {
      assertUniform(analysis);
      const heatmap = `/v1/analyses/${analysis.id}/films/5/heatmap.png`;
      assert.equal((await system.client.request(heatmap)).status, 200);
    }
    assert.ok((await rereads()) > before, "some had to be read again");
    await system.settled();
  });

  test("a worker that starts anew has the new bundle", async () => {
    for (const service of ["bodypart-worker", "fracture-worker"] as const) {
      const worker = system.running.named(service)[1];
      await worker?.kill("SIGTERM");
      await worker?.untilReady();
    }
    await untilLoaded("bodypart", "9.0.20");
    await untilLoaded("fracture-hand", "9.0.20");
  });

  test("a bundle that is half copied is refused, and the old one goes on", async () => {
    await models.halve("fracture-hand");
    for (const { service, models: each } of await reload()) {
      const hand = each.find(({ name }) => name === "fracture-hand");
      if (service === "bodypart-worker") {
        assert.equal(hand, undefined);
        continue;
      }
      assert.deepEqual(
        [hand?.outcome, hand?.problem?.code, hand?.model?.version],
        ["refused", "bundle-damaged", "9.0.20"],
      );
      assert.match(hand?.problem?.detail ?? "", /model\.(int8\.)?onnx has 1000000 bytes/);
    }
    const analysis = await examine();
    assertUniform(analysis);
    assert.equal(analysis.films[0]?.models?.fracture?.version, "9.0.20");
    await models.restore("fracture-hand");
    await reload();
    const manifest = await readFile(path.join(models.path, "fracture-hand", "model.json"), "utf8");
    await untilLoaded("fracture-hand", JSON.parse(manifest).version);
  });

  test("operating points change live, show in /v1/models and in each answer", async () => {
    const [before] = await loaded("fracture-hand");
    assert.equal(before?.operatingPointsFrom, "bundle");
    const thresholds = { sensitive: 0, balanced: 0, specific: 0 };
    await models.write("operating-points.json", JSON.stringify({ thresholds: { hand: thresholds } }));
    await reload();
    const [model] = await loaded("fracture-hand");
    assert.deepEqual(model?.thresholds, thresholds);
    assert.equal(model?.operatingPointsFrom, "configuration");
    assert.equal(model?.manifestDigest, before?.manifestDigest);
    const { fracture, films } = await examine();
    assert.deepEqual([fracture?.label, fracture?.certainty], ["fractured", "positive"]);
    for (const film of films) assert.deepEqual(film.models?.fracture?.thresholds, thresholds);

    await models.write(
      "operating-points.json",
      JSON.stringify({ minimumProbability: 2, thresholds: { knee: {} } }),
    );
    for (const { models: each } of await reload()) {
      for (const { outcome, problem } of each) {
        assert.deepEqual([outcome, problem?.code], ["refused", "config-invalid"]);
        assert.match(problem?.detail ?? "", /minimumProbability[\s\S]*thresholds/);
      }
    }
    assert.deepEqual((await loaded("fracture-hand"))[0]?.thresholds, thresholds);
  });

  test("SIGHUP ends a service that has nothing to load anew", async () => {
    const [worker] = system.running.named("webhook-worker");
    assert.ok(worker);
    const [[exit]] = await Promise.all([once(worker, "exit"), worker.kill("SIGHUP")]);
    assert.deepEqual([exit.code, exit.signal], [0, null]);
    await worker.untilReady();
  });

  test("each model names its figures and gives its card", async () => {
    const { body } = await system.client.request<{ data: LoadedModel[] }>("/v1/models");
    assert.equal(body.data.length, 6);
    for (const { name, card, licence, attribution, metrics } of body.data) {
      assert.ok(licence.length > 0 && attribution.length > 0);
      assert.equal(metrics.split, "test");
      assert.equal(card, `/v1/models/${name}/card`);
      const answer = await system.client.request<string>(card ?? "");
      assert.equal(answer.headers.get("content-type"), "text/markdown; charset=utf-8");
      assert.equal(answer.body, await readFile(path.join(models.path, name, "CARD.md"), "utf8"));
    }
    Client.refused(await system.client.request("/v1/models/fracture-knee/card"), 404, "not-found");
  });
});
