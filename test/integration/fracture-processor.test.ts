import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type Analysis,
  type Backbone,
  digestOf,
  type FilmProcessorParts,
  type FractureJob,
  type Logger,
  Metrics,
  ProblemError,
} from "@osteon/shared";
import { type OwnBackbone, openOwnBackbone } from "../support/backbone.js";
import { accept, requestOf } from "../support/requests.js";

interface ProcessorModule {
  FractureProcessor: new (
    parts: FilmProcessorParts & { examiner: { examine(): Promise<never> } },
  ) => { failed(job: FractureJob, problem: ProblemError): Promise<boolean> };
}
const worker = new URL("../../../services/fracture-worker/dist/src/fracture-processor.js", import.meta.url);
const { FractureProcessor } = (await import(worker.href)) as ProcessorModule;

const silent = { info() {}, warn() {}, error() {}, debug() {} } as unknown as Logger;

let own: OwnBackbone;
let backbone: Backbone;
before(async () => {
  own = await openOwnBackbone();
  ({ backbone } = own);
});
after(() => own?.stop());

/** An analysis whose only film was given up by a fracture worker. */
async function givenUp(problem: ProblemError): Promise<{ stands: boolean; analysis: Analysis | undefined }> {
  const { analyses } = backbone;
  const request = await accept(analyses, requestOf());
  const { tenant, id: analysisId } = request;
  const processor = new FractureProcessor({
    ...{ analyses, metrics: new Metrics("test"), logger: silent },
    examiner: { examine: () => Promise.reject(problem) },
  });
  const job: FractureJob = {
    ...{ v: 1, tenant, analysisId, film: 0, acceptedAt: Date.now() },
    ...{ bone: "leg", width: 240, height: 300, queuedMs: 1, bodyPartMs: 2 },
    bodyPart: { label: "leg", probability: 1, probabilities: { leg: 1 } },
    model: { name: "bodypart", version: "1.0.0", digest: digestOf("a model") },
  };
  const stands = await processor.failed(job, problem);
  return { stands, analysis: await analyses.get(request) };
}

test("a film of a bone that no fracture worker has a model of ends as one of a region that is not supported", async () => {
  const { stands, analysis } = await givenUp(new ProblemError("model-missing"));
  assert.equal(stands, false, "its job leaves no dead letter");
  assert.deepEqual(
    [analysis?.status, analysis?.outcome, analysis?.bodyPart?.label, analysis?.fracture, analysis?.error],
    ["completed", "unsupported-region", "leg", undefined, undefined],
  );
});

test("any other fault is its film's failure", async () => {
  const { stands, analysis } = await givenUp(new ProblemError("engine-failed"));
  assert.equal(stands, true);
  assert.deepEqual([analysis?.status, analysis?.error?.code], ["failed", "engine-failed"]);
});
