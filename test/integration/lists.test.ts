import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  type Analysis,
  type AnalysisRequest,
  type DeadLetter,
  type DeliveryRef,
  deliveryName,
  digestOf,
} from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { LoneGateway } from "../support/gateway.js";
import { RawConnection } from "../support/raw-http.js";

interface Page {
  data: Analysis[];
  nextCursor?: string;
}

let gateway: LoneGateway;
/** Of all that were accepted, newest first; every 20th from the first on has the reference "rare". */
const ids: string[] = [];
const film = { index: 0, contentType: "image/png", digest: digestOf("abc"), bytes: 3 };
const requestOf = (reference: string): AnalysisRequest => {
  const [id, createdAt] = [uuidv7(), new Date().toISOString()];
  return { v: 1, id, tenant: "default", createdAt, reference, films: [film] };
};
before(async () => {
  gateway = await LoneGateway.start();
  for (let at = 0; at < 120; at += 1) {
    const request = requestOf(at % 20 === 0 ? "rare" : "common");
    await gateway.backbone.analyses.accept(request, [Buffer.from("abc")]);
    ids.unshift(request.id);
  }
});
after(() => gateway?.stop());

const rare = () => ids.filter((_, at) => (ids.length - 1 - at) % 20 === 0);

/** Follows a list to its end: the ids of each page. */
async function pagesOf(query: string): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const next: string = cursor === undefined ? "" : `&cursor=${cursor}`;
    const { status, body } = await gateway.client.request<Page>(`/v1/analyses?${query}${next}`);
    assert.equal(status, 200, JSON.stringify(body));
    pages.push(body.data.map(({ id }) => id));
    cursor = body.nextCursor;
  } while (cursor !== undefined);
  return pages;
}

describe("a filtered list", () => {
  test("has each analysis once, whatever its pages' length", async () => {
    const all = rare();
    assert.equal(all.length, 6);
    assert.deepEqual(
      await pagesOf("reference=rare&limit=1"),
      all.map((id) => [id]),
    );
    assert.deepEqual(await pagesOf("reference=rare&limit=4"), [all.slice(0, 4), all.slice(4)]);
    assert.deepEqual(await pagesOf("reference=rare&limit=6"), [all]);
    assert.deepEqual((await pagesOf("status=queued&limit=50")).flat(), ids);
    assert.deepEqual(await pagesOf("status=failed"), [[]]);
  });

  test("with a short page is read in few steps", async (t) => {
    const list = t.mock.method(gateway.backbone.analyses.ledger, "list");
    const [first] = rare();
    const { body } = await gateway.client.request<Page>("/v1/analyses?reference=rare&limit=1");
    assert.deepEqual([body.data.map(({ id }) => id), body.nextCursor], [[first], first]);
    // The first as without a filter, and one of all that is left to look at.
    assert.equal(list.mock.callCount(), 2);
  });

  test("of a rare match looks at five hundred by two lists, and its cursor leads on", async (t) => {
    const own = await LoneGateway.start();
    t.after(() => own.stop());
    const { ledger } = own.backbone.analyses;
    // Ids ascend as they are made: the last here is the newest.
    const requests = Array.from({ length: 600 }, (_, at) => requestOf(at === 0 ? "rare" : "common"));
    for (const request of requests) await ledger.accept(request, [Buffer.from("abc")]);
    const list = t.mock.method(ledger, "list");
    const page = (query: string) => own.client.request<Page>(`/v1/analyses?reference=rare${query}`);
    const { nextCursor, data } = (await page("")).body;
    assert.equal(list.mock.callCount(), 2);
    assert.deepEqual([data, nextCursor], [[], requests.at(-500)?.id]);
    const rest = (await page(`&cursor=${nextCursor}`)).body;
    assert.deepEqual([rest.data.map(({ id }) => id), rest.nextCursor], [[requests[0]?.id], undefined]);
  });
});

test("a list without a filter reads what it shows, and one more", async (t) => {
  const get = t.mock.method(gateway.backbone.analyses, "get");
  const { body } = await gateway.client.request<Page>("/v1/analyses?limit=3");
  assert.deepEqual([body.data.map(({ id }) => id), body.nextCursor], [ids.slice(0, 3), ids[2]]);
  assert.equal(get.mock.callCount(), 4);
});

for (const key of ["", "Idempotency-Key: slow\r\n"])
  test(`an upload that takes its time appears before what was accepted meanwhile${key && ", with a key too"}`, async (t) => {
    const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
    const slow = await RawConnection.open(gateway.url);
    t.after(() => slow.close());
    const host = new URL(gateway.url).host;
    slow.write(
      `POST /v1/analyses HTTP/1.1\r\nHost: ${host}\r\n${key}Content-Type: image/jpeg\r\nContent-Length: ${hand.length}\r\n`,
      "Expect: 100-continue\r\n\r\n",
    );
    // It is being read.
    assert.equal((await slow.answer())?.status, 100);
    slow.write(hand.subarray(0, 100));
    const quick = await gateway.client.submitRaw(hand, "image/jpeg");
    slow.write(hand.subarray(100));
    const { id } = JSON.parse((await slow.answer())?.body ?? "") as Analysis;
    const { body } = await gateway.client.request<Page>("/v1/analyses?limit=2");
    assert.deepEqual(
      body.data.map((each) => each.id),
      [id, quick.body.id],
    );
  });

describe("the dead letters", () => {
  interface Letters {
    data: DeadLetter[];
    more: boolean;
    nextCursor?: string;
  }
  const analyses: string[] = [];
  const deliveries: string[] = [];
  before(async () => {
    const { ledger } = gateway.backbone.analyses;
    for (let at = 0; at < 203; at += 1) {
      const id = uuidv7();
      await ledger.failed.set({ tenant: "default", id });
      analyses.push(id);
    }
    for (const event of ids.slice(0, 3).reverse()) {
      const ref: DeliveryRef = { tenant: "default", event };
      const createdAt = new Date().toISOString();
      const owed = { id: event, type: "analysis.completed", status: "pending", createdAt } as const;
      await ledger.deliveries.bury(ref, { ...owed, attempts: [], tries: 17 }, "Nobody took it.");
      deliveries.push(deliveryName(ref));
    }
  });
  const page = (query: string) => gateway.client.request<Letters>(`/v1/dead-letters?${query}`);
  const idsOf = ({ data }: Letters) => data.map(({ id }) => id);

  test("are all reached, page by page", async () => {
    const first = (await page("")).body;
    assert.deepEqual([idsOf(first), first.more], [analyses.slice(0, 100), true]);
    const second = (await page(`cursor=${first.nextCursor}`)).body;
    assert.deepEqual([idsOf(second), second.more], [analyses.slice(100, 200), true]);
    const third = (await page(`cursor=${second.nextCursor}`)).body;
    assert.deepEqual(idsOf(third), [...analyses.slice(200), ...deliveries]);
    assert.deepEqual([third.more, third.nextCursor], [false, undefined]);
    const behind = (await page(`cursor=${deliveries[0]}`)).body;
    assert.deepEqual(idsOf(behind), deliveries.slice(1));
  });

  test("are of one kind where one is asked for", async () => {
    assert.deepEqual(idsOf((await page("kind=delivery")).body), deliveries);
    assert.deepEqual(idsOf((await page(`kind=delivery&cursor=${deliveries[1]}`)).body), deliveries.slice(2));
    assert.deepEqual(idsOf((await page(`kind=analysis&cursor=${analyses[150]}`)).body), analyses.slice(151));
    assert.deepEqual(idsOf((await page(`kind=analysis&cursor=${deliveries[1]}`)).body), []);
    Client.refused(await page("kind=film"), 400, "validation-failed");
    Client.refused(await page("cursor=somewhere"), 400, "cursor-invalid");
  });
});

test("eight lists are made at once, however many are asked for", async (t) => {
  const { ledger } = gateway.backbone.analyses;
  const list = ledger.list.bind(ledger);
  let [under, most] = [0, 0];
  let go = () => {};
  const eight = new Promise<void>((resolve) => {
    go = resolve;
  });
  t.mock.method(ledger, "list", async (...args: Parameters<typeof list>) => {
    under += 1;
    most = Math.max(most, under);
    // A turn is not all lists: the first ones wait for each other.
    if (under === 8) go();
    await eight;
    return list(...args).finally(() => {
      under -= 1;
    });
  });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => gateway.client.request<Page>("/v1/analyses?reference=none")),
  );
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  assert.equal(most, 8);
});
