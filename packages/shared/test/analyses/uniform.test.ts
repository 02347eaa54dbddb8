import assert from "node:assert/strict";
import { test } from "node:test";
import { filmViews } from "../../src/analyses/film-views.js";
import { isUniform } from "../../src/analyses/uniform.js";
import type { AnalysisRequest, Film, ModelRef } from "../../src/index.js";

const ref = (name: string, more: Partial<ModelRef> = {}): ModelRef => ({
  name,
  version: "1.0.0",
  digest: `sha256:${"0".repeat(64)}`,
  ...more,
});
const film = (label: string, fracture?: ModelRef, bodyPart = ref("bodypart")): Film => ({
  index: 0,
  contentType: "image/png",
  digest: `sha256:${"0".repeat(64)}`,
  bodyPart: { label, probability: 1, probabilities: {} },
  models: { bodyPart, ...(fracture === undefined ? {} : { fracture }) },
});

test("each bone has a model of its own; a film without one, or that failed, disturbs nothing", () => {
  const { models: _, ...failed } = film("hand");
  const films = [
    film("hand", ref("hand")),
    film("leg", ref("leg", { version: "2.0.0" })),
    film("none"),
    failed,
  ];
  assert.ok(isUniform(films));
  assert.ok(isUniform([]));
});

test("another version, manifest, operating point or name is another edition", () => {
  const thresholds = { sensitive: 0, balanced: 0, specific: 0 };
  for (const other of [
    ref("hand", { version: "1.0.1" }),
    ref("hand", { manifestDigest: `sha256:${"1".repeat(64)}` }),
    ref("hand", { thresholds }),
    ref("hand-2"),
  ]) {
    assert.ok(!isUniform([film("hand", ref("hand")), film("hand", other)]));
  }
  assert.ok(!isUniform([film("hand"), film("none", undefined, ref("bodypart", { minimumProbability: 1 }))]));
});

test("a view shows no finding while films have to be read again", () => {
  const accepted = { index: 0, contentType: "image/png", digest: "sha256:0", bytes: 1 };
  const request: AnalysisRequest = {
    v: 1,
    id: "01970000-0000-7000-8000-000000000000",
    tenant: "default",
    createdAt: "2026-01-01T00:00:00.000Z",
    films: [accepted, { ...accepted, index: 1 }],
  };
  const done = (version: string) => ({
    started: true,
    done: { film: film("hand", ref("hand", { version })) },
  });
  const shown = (...versions: string[]) =>
    filmViews(request, versions.map(done)).films.map(({ models }) => models?.fracture?.version);
  assert.deepEqual(shown("1.0.0", "1.0.0"), ["1.0.0", "1.0.0"]);
  assert.deepEqual(shown("1.0.0", "1.0.1"), [undefined, undefined]);
});
