import assert from "node:assert/strict";
import { test } from "node:test";
import { ReexamineProcessor } from "@osteon/fracture-worker/reexamine-processor";
import { encodeFilm } from "@osteon/imaging";
import {
  type AnalysisRequest,
  type Bone,
  digestOf,
  ProblemError,
  type ReexamineJob,
  Rereading,
} from "@osteon/shared";
import { ownBackbone, silentLogger } from "../support/backbone.js";
import { accept, requestOf } from "../support/requests.js";

const model = { name: "fracture-hand", version: "1.0.0", digest: digestOf("a model") };
const [width, height] = [8, 4];

const backbone = ownBackbone();

/** A worker that has a model for hands, and what it is given up with. */
function processor(examine: (bone: Bone) => void): ReexamineProcessor {
  return new ReexamineProcessor({
    ...{ rereading: new Rereading(backbone), ledger: backbone.analyses.ledger, logger: silentLogger },
    examiner: {
      bones: ["hand"],
      examineAll: async (films) =>
        films.map(({ bone }) => {
          examine(bone);
          return {
            fracture: { label: "normal", probability: 0.1, certainty: "negative" },
            heatmap: undefined,
            placement: { left: 0, top: 0, width, height, canvasWidth: width, canvasHeight: height },
            model,
            ms: 1,
          };
        }),
    },
  });
}

/** An exam of a hand and a hip that is read again. */
async function reread(): Promise<{ request: AnalysisRequest; job: ReexamineJob }> {
  const request = await accept(backbone.analyses, requestOf(2));
  const film = encodeFilm({ width, height, data: new Uint8Array(width * height) });
  for (const index of [0, 1]) await backbone.analyses.ledger.putImage(request, index, film);
  const films = ["hand", "hip"].map((label, index) => ({
    ...{ film: index, width, height, timings: {} },
    ...{ outcome: "analysed" as const, bodyPart: { label, probability: 1, probabilities: { [label]: 1 } } },
  }));
  const bodyPart = { name: "bodypart", version: "1.0.0", digest: digestOf("another") };
  return { request, job: { v: 1, tenant: request.tenant, analysisId: request.id, model: bodyPart, films } };
}

test("a bone that no fracture worker has a model of costs its exam no other film's finding", async () => {
  const { request, job } = await reread();
  const examined: Bone[] = [];
  const stands = await processor((bone) => examined.push(bone)).failed(
    job,
    new ProblemError("model-missing"),
  );
  assert.equal(stands, false, "its job leaves no dead letter");
  const analysis = await backbone.analyses.get(request);
  assert.deepEqual(examined, ["hand"]);
  assert.equal(analysis?.status, "completed");
  assert.deepEqual(
    analysis.films.map(({ outcome, fracture }) => [outcome, fracture?.label]),
    [
      ["analysed", "normal"],
      ["unsupported-region", undefined],
    ],
  );
});

test("where that fails too, its exam fails", async () => {
  const { request, job } = await reread();
  const broken = processor(() => {
    throw new ProblemError("engine-failed");
  });
  assert.equal(await broken.failed(job, new ProblemError("model-missing")), true);
  assert.equal((await backbone.analyses.get(request))?.error?.code, "engine-failed");
});

test("any other fault is its exam's failure", async () => {
  const { request, job } = await reread();
  assert.equal(await processor(assert.fail).failed(job, new ProblemError("worker-lost")), true);
  assert.equal((await backbone.analyses.get(request))?.error?.code, "worker-lost");
});
