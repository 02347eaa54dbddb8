import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import {
  type AnalysisRequest,
  type FilmResult,
  ProblemError,
  Reconciler,
  Rereading,
  rereadJobId,
} from "@osteon/shared";
import { freshAnalysesEach } from "../support/fresh-analyses.js";
import { accept, requestOf, resultOf } from "../support/requests.js";

const own = freshAnalysesEach();

let rereading: Rereading;
beforeEach(() => {
  rereading = new Rereading(own);
});

const digest = `sha256:${"a".repeat(64)}`;

function readBy(request: AnalysisRequest, film: number, version: string): FilmResult {
  const models = { bodyPart: { name: "bodypart", version, digest } };
  const bodyPart = { label: "none", probability: 1, probabilities: { none: 1 } };
  return resultOf(request, film, { bodyPart, models });
}

/** An analysis of two films that ended with different editions of the body-part model. */
async function mixed(): Promise<AnalysisRequest> {
  const request = await accept(own.analyses, requestOf(2));
  for (const film of [0, 1]) {
    await own.queues.remove("bodypart", `${request.id}-${film}-bodypart`);
    await own.analyses.filmEnded(request, readBy(request, film, `1.0.${film}`));
  }
  return request;
}

async function walk() {
  const now = () => Date.now() + 60_000;
  return own.walk(new Reconciler({ ...own, now }));
}

const state = (request: AnalysisRequest) =>
  own.queues.state("reclassify", rereadJobId(request.id, "reclassify"));

test("films of different editions do not end their analysis, but have it read again", async () => {
  const request = await mixed();
  assert.equal(await state(request), "pending");
  const waiting = await own.analyses.get(request);
  assert.equal(waiting?.status, "processing");
  assert.deepEqual(
    waiting.films.map(({ models }) => models),
    [undefined, undefined],
  );

  const reread = await rereading.open(request);
  assert.deepEqual(reread?.request, request);
  assert.equal(reread.results.length, 2);
  await rereading.end(
    request,
    [0, 1].map((film) => readBy(request, film, "1.0.2")),
  );
  const ended = await own.analyses.get(request);
  assert.equal(ended?.status, "completed");
  assert.deepEqual(
    ended.films.map(({ models }) => models?.bodyPart?.version),
    ["1.0.2", "1.0.2"],
  );
  assert.equal(await rereading.open(request), undefined);
  await rereading.end(
    request,
    [0, 1].map((film) => readBy(request, film, "1.0.3")),
  );
  assert.deepEqual(await own.analyses.get(request), ended);
});

test("a reading that Redis lost is made again, one that waits is left alone", async () => {
  const request = await mixed();
  assert.equal((await walk()).settled, 0);
  await own.redis.flushall();
  assert.equal(await state(request), "unknown");
  await walk();
  assert.equal(await state(request), "pending");
});

test("a reading that failed for good fails the analysis, and no finding of the first stays", async () => {
  const request = await mixed();
  await rereading.failed(request, new ProblemError("engine-failed"));
  const ended = await own.analyses.get(request);
  assert.deepEqual([ended?.status, ended?.error?.code], ["failed", "engine-failed"]);
  for (const film of ended?.films ?? []) assert.equal(film.models, undefined);
  await rereading.failed(request, new ProblemError("film-lost"));
  assert.deepEqual(await own.analyses.get(request), ended);
});

test("cancelled or erased, it is not read again", async () => {
  const cancelled = await mixed();
  assert.equal((await own.analyses.cancel(cancelled)).status, "cancelled");
  assert.equal(await state(cancelled), "unknown");
  assert.equal(await rereading.open(cancelled), undefined);

  const erased = await mixed();
  await own.analyses.erase(erased);
  assert.equal(await state(erased), "unknown");
  assert.equal(await rereading.open(erased), undefined);
  await rereading.end(erased, [readBy(erased, 0, "1.0.0"), readBy(erased, 1, "1.0.0")]);
  assert.equal(await own.analyses.get(erased), undefined);
});
