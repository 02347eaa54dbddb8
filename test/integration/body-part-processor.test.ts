import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { BodyPartProcessor } from "@osteon/bodypart-worker/body-part-processor";
import { encodeFilm, type NormalisedFilm, packFilm } from "@osteon/imaging";
import type { ClassifiedFilm } from "@osteon/inference";
import {
  type AnalysisRequest,
  analysisFolder,
  digestOf,
  filmJobId,
  Metrics,
  ProblemError,
  Timings,
} from "@osteon/shared";
import { Compile } from "@osteon/shared/libraries/typebox";
import { v7 as uuidv7 } from "uuid";
import { ownBackbone, silentLogger } from "../support/backbone.js";

const tenant = "default";
const hand: ClassifiedFilm = {
  bodyPart: { label: "hand", probability: 1, probabilities: { hand: 1 } },
  outcome: "analysed",
  model: { name: "bodypart", version: "1.0.0", digest: digestOf("a model") },
  ms: 1,
};
const [width, height] = [240, 300];
const film: NormalisedFilm = {
  ...{ width, height },
  data: Uint8Array.from({ length: width * height }, (_, at) => at % 251),
};

const backbone = ownBackbone();

async function accepted(): Promise<AnalysisRequest> {
  const bytes = encodeFilm(film);
  const request: AnalysisRequest = {
    ...{ v: 1, id: uuidv7(), tenant, createdAt: new Date().toISOString() },
    films: [{ index: 0, contentType: "image/png", digest: digestOf(bytes), bytes: bytes.length }],
  };
  await backbone.analyses.accept(request, [bytes]);
  return request;
}

function process(
  { id }: AnalysisRequest,
  classify: (film: NormalisedFilm) => Promise<ClassifiedFilm>,
): Promise<void> {
  const processor = new BodyPartProcessor({
    ...{ analyses: backbone.analyses, metrics: new Metrics("test"), logger: silentLogger },
    classifier: { classify },
  });
  const data = { v: 1, tenant, analysisId: id, film: 0, acceptedAt: Date.now() };
  const postpone = () => Promise.reject(new Error("not to be put off"));
  return processor.process({ id: filmJobId(id, 0, "bodypart"), data, number: 1, postpone });
}

test("a repeat by another version of the worker goes on with the picture that is there", async () => {
  const { ledger } = backbone.analyses;
  const one = await accepted();
  const other = { ...film, data: film.data.map((level) => 255 - level) };
  const earlier = await packFilm(encodeFilm(other));
  await ledger.putImage(one, 0, earlier);
  const seen: NormalisedFilm[] = [];
  await process(one, async (each) => {
    seen.push(each);
    return hand;
  });
  const key = `{osteon}:fracture:${filmJobId(one.id, 0, "fracture")}`;
  const job = JSON.parse((await backbone.redis.hget(key, "data")) ?? "{}") as { image?: string };
  assert.equal(job.image, digestOf(earlier));
  assert.deepEqual(await ledger.writtenImage(one, 0, job.image), earlier);
  assert.deepEqual(seen.at(-1), other, "what is told is of the picture that the next worker reads");
});

test("a repeat that makes the same picture is not classified twice", async () => {
  const one = await accepted();
  await backbone.analyses.ledger.putImage(one, 0, encodeFilm(film));
  let times = 0;
  await process(one, async () => {
    times += 1;
    return hand;
  });
  assert.equal(times, 1);
});

test("a try that fails is over when its picture has come to the store", async (t) => {
  const one = await accepted();
  const steps: string[] = [];
  const { put } = backbone.store;
  t.mock.method(backbone.store, "put", async (...call: Parameters<typeof put>) => {
    for (let turn = 0; turn < 10; turn += 1) await setImmediate();
    const done = await put.apply(backbone.store, call);
    steps.push("written");
    return done;
  });
  const failing = process(one, () => Promise.reject(new ProblemError("engine-failed")));
  await assert.rejects(failing, { code: "engine-failed" });
  assert.deepEqual(steps, ["written"]);
  await backbone.analyses.erase(one);
  assert.deepEqual(await backbone.store.list(analysisFolder(tenant, one.id)), []);
});

test("a clock that is put back while a film is classified takes no time from it", async (t) => {
  const one = await accepted();
  const { now } = Date;
  const classify = async (): Promise<ClassifiedFilm> => {
    t.mock.method(Date, "now", () => now() - 3_600_000);
    return { ...hand, outcome: "unsupported-region" };
  };
  await process(one, classify);
  const timings = (await backbone.analyses.get(one))?.timings;
  assert.ok(Compile(Timings).Check(timings), JSON.stringify(timings));
  assert.notEqual(timings?.bodyPartMs, undefined);
});
