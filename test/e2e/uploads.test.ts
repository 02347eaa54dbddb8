import assert from "node:assert/strict";
import { createHash, randomFillSync } from "node:crypto";
import { readdir } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { type Analysis, KeyRing, type Scope } from "@osteon/shared";
import sharp from "sharp";
import { Bucket } from "../support/bucket.js";
import { type Answer, Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";
import { until } from "../support/until.js";

interface Address {
  id: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  expiresAt: string;
}

const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
let bucket: Bucket;
let system: TestSystem;
let keys: Record<"a" | "b" | "plain", string>;
/** More than a gateway holds in memory, less than one film may have. */
let large: Buffer;
before(async () => {
  bucket = await Bucket.start();
  const { store } = bucket;
  const ring = new KeyRing(store);
  const make = async (tenant: string, ...scopes: Scope[]) =>
    (await ring.create({ tenant, name: "", scopes })).text;
  keys = {
    a: await make("a", "submit", "urgent", "read"),
    b: await make("b", "submit", "read"),
    plain: await make("a", "submit", "read"),
  };
  large = await noise(3_500);
  system = await startTestSystem({
    counts: { gateway: 2 },
    env: {
      AUTH: "keys",
      ...bucket.env,
    },
  });
});
after(async () => {
  await system?.stop();
  await bucket?.stop();
});

/** A grey picture of so many pixels a side that no packing makes smaller. */
function noise(side: number): Promise<Buffer> {
  const raw = { width: side, height: side, channels: 1 } as const;
  return sharp(randomFillSync(Buffer.alloc(side * side)), { raw })
    .toColourspace("b-w")
    .png({ compressionLevel: 0 })
    .toBuffer();
}

const clientOf = (key: string, gateway = 0) =>
  new Client(system.running.named("gateway")[gateway]?.address ?? "", key);

function ask<T>(key: string, path: string, init: RequestInit = {}, gateway = 0): Promise<Answer<T>> {
  return clientOf(key, gateway).request<T>(path, init);
}

const json = (body: object, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});

async function address(key: string, bytes: number, contentType = "image/jpeg"): Promise<Address> {
  const answer = await ask<Address>(key, "/v1/uploads", json({ bytes, contentType }));
  assert.equal(answer.status, 201);
  return answer.body;
}

const put = ({ url, headers }: Address, bytes: Buffer, more: Record<string, string> = {}) =>
  fetch(url, { method: "PUT", body: Uint8Array.from(bytes), headers: { ...headers, ...more } });

async function uploaded(key: string, bytes: Buffer): Promise<string> {
  const made = await address(key, bytes.length);
  assert.equal((await put(made, bytes)).status, 200);
  return made.id;
}

async function ended(key: string, id: string): Promise<Analysis> {
  const analysis = await clientOf(key).ended(id);
  assert.equal(analysis.status, "completed");
  return analysis;
}

/** What there is of films in the bucket, once all that was accepted has ended: objects, and writes that were begun. */
async function objects(): Promise<string[]> {
  await until("all has ended", 90, async () => (await bucket.store.list("pending/")).length === 0);
  const names = await readdir(path.join(bucket.folder, "films"), { recursive: true, withFileTypes: true });
  return names
    .filter((each) => each.isFile())
    .map((each) => path.join(each.parentPath, each.name).slice(bucket.folder.length))
    .filter((name) => !/\/(keys|probe)\//.test(name))
    .sort();
}

describe("an upload past the gateway", () => {
  test("goes to the store, is named by an analysis, and is gone from its place", async () => {
    const made = await address(keys.a, hand.length);
    assert.equal(made.method, "PUT");
    assert.equal(new URL(made.url).origin, bucket.server.endpoint);
    assert.ok(Date.parse(made.expiresAt) > Date.now());
    assert.equal((await put(made, hand)).status, 200);
    const body = { uploads: [made.id], reference: "by upload" };
    const answer = await ask<Analysis>(keys.a, "/v1/analyses", json(body));
    assert.equal(answer.status, 202);
    const analysis = await ended(keys.a, answer.body.id);
    assert.equal(analysis.reference, "by upload");
    assert.equal(analysis.films[0]?.digest, `sha256:${createHash("sha256").update(hand).digest("hex")}`);
    assert.deepEqual(await bucket.store.get(`uploads/${made.id}/a/film`), undefined);
    Client.refused(await ask(keys.a, "/v1/analyses", json(body)), 409, "upload-used");
    // Its address is good for some time yet.
    assert.equal((await put(made, hand)).status, 200);
    Client.refused(await ask(keys.a, "/v1/analyses", json(body)), 409, "upload-used");
  });

  test("is one analysis, though several name it at once, at two gateways", async () => {
    const [one, two] = [await uploaded(keys.a, hand), await uploaded(keys.a, hand)];
    const orders = [
      [one, two],
      [two, one],
      [one, two],
      [two, one],
    ];
    const answers = await Promise.all(
      orders.map((uploads, at) => ask<Analysis>(keys.a, "/v1/analyses", json({ uploads }), at % 2)),
    );
    const accepted = answers.filter(({ status }) => status === 202);
    assert.equal(accepted.length, 1, answers.map(({ status }) => status).join());
    for (const answer of answers) if (answer.status !== 202) Client.refused(answer, 409, "upload-used");
    await ended(keys.a, accepted[0]?.body.id ?? "");
  });

  test("may be named beside films, in a form", async () => {
    const form = new FormData();
    form.append("film", new Blob([Uint8Array.from(hand)]), "x.jpg");
    form.append("upload", await uploaded(keys.a, large));
    form.append("priority", "urgent");
    const answer = await ask<Analysis>(keys.a, "/v1/analyses", { method: "POST", body: form });
    assert.equal(answer.status, 202, JSON.stringify(answer.body));
    assert.equal(answer.body.priority, "urgent");
    const analysis = await ended(keys.a, answer.body.id);
    assert.deepEqual(
      analysis.films.map((film) => film.contentType),
      ["image/jpeg", "image/png"],
    );
  });

  test("is bound to its length, its type and its key", async () => {
    const made = await address(keys.a, hand.length);
    assert.equal((await put(made, hand, { "content-type": "image/png" })).status, 403);
    const longer = Buffer.concat([hand, hand]);
    assert.notEqual((await put(made, longer, { "content-length": String(longer.length) })).status, 200);
    const elsewhere = { ...made, url: made.url.replace(made.id, made.id.replace(/^./, "f")) };
    assert.equal((await put(elsewhere, hand)).status, 403);
    Client.refused(await ask(keys.a, "/v1/analyses", json({ uploads: [made.id] })), 404, "upload-not-found");
    Client.refused(
      await ask(keys.a, "/v1/uploads", json({ bytes: 33 * 1024 * 1024, contentType: "image/png" })),
      413,
      "film-too-large",
    );
  });

  test("is unknown to other tenants, and is checked like any film", async () => {
    const id = await uploaded(keys.a, hand);
    Client.refused(await ask(keys.b, "/v1/analyses", json({ uploads: [id] })), 404, "upload-not-found");
    for (const made of ["", "../x", `${id}/../x`, "01970000-0000-7000-8000-000000000000"]) {
      Client.refused(await ask(keys.a, "/v1/analyses", json({ uploads: [made] })), 404, "upload-not-found");
    }
    const bad = await uploaded(keys.a, Buffer.from("no film at all, and yet it was uploaded"));
    const before = await objects();
    Client.refused(
      await ask(keys.a, "/v1/analyses", json({ uploads: [id, bad] })),
      415,
      "media-type-unsupported",
    );
    assert.deepEqual(await objects(), before);
    assert.equal((await ask<Analysis>(keys.a, "/v1/analyses", json({ uploads: [id] }))).status, 202);
    for (const body of [{}, { uploads: [] }, { uploads: [id, id] }, { uploads: [id], patient: "x" }]) {
      Client.refused(await ask(keys.a, "/v1/analyses", json(body)), 400, "validation-failed");
    }
  });

  test("repeated with its Idempotency-Key, at another gateway, answers the same analysis", async () => {
    const body = { uploads: [await uploaded(keys.a, hand)] };
    const key = { "idempotency-key": "upload-once" };
    const first = await ask<Analysis>(keys.a, "/v1/analyses", json(body, key));
    const again = await ask<Analysis>(keys.a, "/v1/analyses", json(body, key), 1);
    assert.deepEqual([first.status, again.status], [202, 202]);
    assert.equal(again.body.id, first.body.id);
    assert.equal(again.headers.get("idempotency-replayed"), "true");
  });
});

describe("a film too large to hold", () => {
  const submit = (key: string, films: Buffer[], headers: Record<string, string> = {}, gateway = 0) => {
    const form = new FormData();
    for (const film of films) form.append("film", new Blob([Uint8Array.from(film)]), "x.png");
    return ask<Analysis>(key, "/v1/analyses", { method: "POST", body: form, headers }, gateway);
  };

  test("comes through the store byte for byte", async () => {
    const { status, body } = await submit(keys.a, [large]);
    assert.equal(status, 202);
    assert.equal(body.films[0]?.digest, `sha256:${createHash("sha256").update(large).digest("hex")}`);
    await ended(keys.a, body.id);
  });

  test("leaves nothing where it is refused", async () => {
    const before = await objects();
    Client.refused(await submit(keys.a, [large, Buffer.from("no film")]), 415, "media-type-unsupported");
    Client.refused(await submit(keys.a, [large.subarray(0, large.length - 9)]), 422, "film-damaged");
    Client.refused(await submit(keys.a, [Buffer.alloc(33 * 1024 * 1024)]), 413, "film-too-large");
    Client.refused(
      await submit(
        keys.a,
        Array.from({ length: 11 }, () => large),
      ),
      413,
      "upload-too-large",
    );
    assert.deepEqual(await objects(), before);
  });

  test("sent twice under one Idempotency-Key is one analysis", async () => {
    const key = { "idempotency-key": "large-once" };
    const answers = await Promise.all([0, 1].map((gateway) => submit(keys.a, [large], key, gateway)));
    const accepted = answers.filter((each) => each.status === 202);
    assert.equal(new Set(accepted.map((each) => each.body.id)).size, 1);
    const again = await submit(keys.a, [large], key, 1);
    assert.equal(again.body.id, accepted[0]?.body.id);
    await ended(keys.a, again.body.id);
    const list = await ask<{ data: Analysis[] }>(keys.a, "/v1/analyses?limit=1");
    assert.equal(list.body.data[0]?.id, again.body.id);
  });

  test("whose sender goes away in the middle leaves nothing", async () => {
    const before = await objects();
    const { port } = new URL(system.running.named("gateway")[0]?.address ?? "");
    const request = httpRequest({
      port,
      host: "127.0.0.1",
      method: "POST",
      path: "/v1/analyses",
      headers: {
        authorization: `Bearer ${keys.a}`,
        "content-type": "image/png",
        "content-length": large.length,
      },
    });
    request.on("error", () => undefined);
    request.write(large.subarray(0, large.length - 100));
    await until("its acceptance has begun", 90, async () => (await bucket.store.list("pending/")).length > 0);
    request.destroy();
    assert.deepEqual(await objects(), before);
  });
});

test("an urgent film needs a key that may", async () => {
  const form = () => {
    const made = new FormData();
    made.append("priority", "urgent");
    made.append("film", new Blob([Uint8Array.from(hand)]), "x.jpg");
    return { method: "POST", body: made };
  };
  Client.refused(await ask(keys.plain, "/v1/analyses", form()), 403, "scope-missing");
  const { status, body } = await ask<Analysis>(keys.a, "/v1/analyses", form());
  assert.deepEqual([status, body.priority], [202, "urgent"]);
  assert.equal((await ended(keys.a, body.id)).priority, "urgent");
});
