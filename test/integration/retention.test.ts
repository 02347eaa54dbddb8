import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type AnalysisRequest,
  acceptedFilm,
  analysisFolder,
  type Backbone,
  expireAnalyses,
} from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import { type OwnBackbone, openOwnBackbone } from "../support/backbone.js";

const day = 86_400_000;
const now = Date.now();

let own: OwnBackbone;
let backbone: Backbone;
before(async () => {
  own = await openOwnBackbone();
  ({ backbone } = own);
});
after(() => own?.stop());

/** An analysis that was accepted so many days ago. */
async function accepted(tenant: string, days: number, ended = true): Promise<AnalysisRequest> {
  const film = { index: 0, contentType: "image/png", digest: `sha256:${"a".repeat(64)}`, bytes: 3 };
  const createdAt = new Date(now - days * day).toISOString();
  const request = { v: 1, id: uuidv7({ msecs: now - days * day }), tenant, createdAt, films: [film] };
  await backbone.analyses.accept(request, [Buffer.from("abc")]);
  if (ended)
    await backbone.analyses.filmEnded(request, {
      film: { ...acceptedFilm(film), outcome: "not-identified" },
      timings: {},
    });
  return request;
}

test("erases what has ended and is past its tenant's days, and nothing else", async () => {
  const [old, ours, open, fresh, kept] = [
    await accepted("a", 40),
    await accepted("a", 10),
    await accepted("a", 50, false),
    await accepted("b", 10),
    await accepted("c", 400),
  ];
  const hurt = await accepted("b", 45);
  await backbone.store.put(`${analysisFolder("b", hurt.id)}request.json`, '{"v":');
  const days: Record<string, number> = { a: 30, b: 30 };
  const before = (tenant: string) => {
    const kept = days[tenant];
    return kept === undefined ? undefined : now - kept * day;
  };
  assert.equal(await expireAnalyses(backbone.analyses, before), 2);
  for (const gone of [old, hurt])
    assert.deepEqual(await backbone.store.list(analysisFolder(gone.tenant, gone.id)), []);
  for (const there of [ours, open, fresh, kept]) assert.ok(await backbone.analyses.get(there), there.id);
  assert.equal(await expireAnalyses(backbone.analyses, before), 0);
});
