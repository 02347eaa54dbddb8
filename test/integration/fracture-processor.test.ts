import assert from "node:assert/strict";
import { test } from "node:test";
import { FractureProcessor } from "@osteon/fracture-worker/fracture-processor";
import { encodeFilm } from "@osteon/imaging";
import type { ExaminedFilm } from "@osteon/inference";
import {
  type Analysis,
  type AnalysisRequest,
  digestOf,
  type FractureJob,
  filmJobId,
  Metrics,
  ProblemError,
  Timings,
} from "@osteon/shared";
import { Compile } from "@osteon/shared/libraries/typebox";
import { ownBackbone, silentLogger } from "../support/backbone.js";
import { accept, requestOf } from "../support/requests.js";

const backbone = ownBackbone();

const [width, height] = [240, 300];
const model = { name: "bodypart", version: "1.0.0", digest: digestOf("a model") };

const processor = (examine: () => Promise<ExaminedFilm>) =>
  new FractureProcessor({
    ...{ analyses: backbone.analyses, metrics: new Metrics("test"), logger: silentLogger },
    examiner: { examine },
  });

/** The job of an analysis's only film. */
const jobOf = ({ tenant, id: analysisId }: AnalysisRequest): FractureJob => ({
  ...{ v: 1, tenant, analysisId, film: 0, acceptedAt: Date.now() },
  ...{ bone: "leg", width, height, queuedMs: 1, bodyPartMs: 2, model },
  bodyPart: { label: "leg", probability: 1, probabilities: { leg: 1 } },
});

/** An analysis whose only film was given up by a fracture worker. */
async function givenUp(problem: ProblemError): Promise<{ stands: boolean; analysis: Analysis | undefined }> {
  const { analyses } = backbone;
  const request = await accept(analyses, requestOf());
  const stands = await processor(() => Promise.reject(problem)).failed(jobOf(request), problem);
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

test("a clock that is put back while a film is examined takes no time from it", async (t) => {
  const { analyses } = backbone;
  const request = await accept(analyses, requestOf());
  const film = encodeFilm({ width, height, data: new Uint8Array(width * height) });
  await analyses.ledger.putImage(request, 0, film);
  const { now } = Date;
  const examine = async (): Promise<ExaminedFilm> => {
    t.mock.method(Date, "now", () => now() - 3_600_000);
    return {
      fracture: { label: "normal", probability: 0.1, certainty: "negative" },
      heatmap: undefined,
      placement: { left: 0, top: 0, width, height, canvasWidth: width, canvasHeight: height },
      model,
      ms: 1,
    };
  };
  const id = filmJobId(request.id, 0, "fracture");
  const postpone = () => Promise.reject(new Error("not to be put off"));
  await processor(examine).process({ id, data: jobOf(request), number: 1, postpone });
  const timings = (await analyses.get(request))?.timings;
  assert.ok(Compile(Timings).Check(timings), JSON.stringify(timings));
  assert.notEqual(timings?.fractureMs, undefined);
});
