import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type AnalysisRequest,
  acceptedFilm,
  type Backbone,
  DeadLetters,
  digestOf,
  ProblemError,
} from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import { type OwnBackbone, openOwnBackbone } from "../support/backbone.js";

const tenant = "default";

let own: OwnBackbone;
let backbone: Backbone;
before(async () => {
  own = await openOwnBackbone();
  ({ backbone } = own);
});
after(() => own?.stop());

async function failed(): Promise<AnalysisRequest> {
  const { analyses } = backbone;
  const film = { index: 0, contentType: "image/png", digest: digestOf("abc"), bytes: 3 };
  const request = { v: 1, id: uuidv7(), tenant, createdAt: new Date().toISOString(), films: [film] };
  await analyses.accept(request, [Buffer.from("abc")]);
  await analyses.filmFailed(request, 0, new ProblemError("worker-lost"));
  return request;
}

for (const arrives of [false, true])
  test(`a retry whose acceptance failed is retried as another, ${arrives ? "also where its write arrived after all" : "which its workers leave alone"}`, async (t) => {
    const { analyses, store } = backbone;
    const letters = new DeadLetters(analyses);
    const one = await failed();
    const put = store.put.bind(store);
    let late: () => Promise<unknown> = assert.fail;
    const mock = t.mock.method(store, "put", async (...call: Parameters<typeof put>) => {
      if (!call[0].endsWith("request.json")) return put(...call);
      late = () => put(...call);
      throw new ProblemError("store-unavailable");
    });
    await assert.rejects(letters.retry(one.id), { code: "store-unavailable" });
    mock.mock.restore();
    if (arrives) await late();

    const { analysis: id } = await letters.retry(one.id);
    const request = await analyses.start({ tenant, id }, 0);
    assert.ok(request, "there is something to work on");
    assert.equal(request.retryOf, one.id);
    const film = { ...acceptedFilm(request.films[0] ?? assert.fail()), outcome: "not-identified" as const };
    await analyses.filmEnded(request, { film, timings: {} });
    assert.equal((await analyses.get({ tenant, id }))?.status, "completed");
    assert.equal(await analyses.ledger.failed.get(one.id), undefined);
  });

test("a retry that broke off behind its acceptance goes on with the same analysis", async (t) => {
  const { analyses } = backbone;
  const letters = new DeadLetters(analyses);
  const one = await failed();
  const mock = t.mock.method(analyses.ledger.failed, "remove", () =>
    Promise.reject(new ProblemError("store-unavailable")),
  );
  await assert.rejects(letters.retry(one.id), { code: "store-unavailable" });
  mock.mock.restore();
  const begun = (await analyses.ledger.failed.get(one.id))?.retriedAs;
  assert.deepEqual(await letters.retry(one.id), { id: one.id, analysis: begun });
});
