import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, type TestContext, test } from "node:test";
import { type RunningRedis, startRedis } from "@osteon/embedded";
import {
  type Analysis,
  type AnalysisRequest,
  callbackSecrets,
  closeRedis,
  connectRedis,
  Dispatch,
  deliveryName,
  EndpointRegistry,
  FileStore,
  Ledger,
  type Logger,
  Metrics,
  ProblemError,
  pendingAnalysis,
  Queues,
  RedisLock,
  SecretBox,
  TargetPolicy,
  tenantSecret,
  webhookId,
} from "@osteon/shared";
import { Webhook } from "standardwebhooks";
import { v7 as uuidv7 } from "uuid";
import { DeliveryProcessor, type DeliveryProcessorParts } from "../src/delivery-processor.js";
import { Sender } from "../src/sender.js";
import { TargetSlots } from "../src/target-slots.js";

const tenant = "clinic";
const dayMs = 86_400_000;
const secret = `whsec_${Buffer.from("a secret for callbacks, of tests").toString("base64")}`;
const olderSecret = `whsec_${Buffer.from("the secret that callbacks had before").toString("base64")}`;
const silent = { info() {}, warn() {}, error() {}, debug() {} } as unknown as Logger;

let folder: string;
let server: RunningRedis;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "osteon-deliveries-"));
  server = await startRedis({ dataDir: folder });
});
after(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

let redis: ReturnType<typeof connectRedis>;
let queues: Queues;
let store: FileStore;
let ledger: Ledger;
let dispatch: Dispatch;
let registry: EndpointRegistry;
let processor: DeliveryProcessor;
let metrics: Metrics;
let receiver: Server;
let url: string;
let answer: RequestListener;
let now: number;
const received: { headers: IncomingHttpHeaders; body: string }[] = [];

beforeEach(async () => {
  now = Date.now();
  received.length = 0;
  redis = connectRedis(server.url, "commands");
  await redis.flushall();
  queues = new Queues(redis);
  store = new FileStore(await mkdtemp(path.join(folder, "store-")));
  ledger = new Ledger(store);
  const { endpoints, deliveries } = ledger;
  dispatch = new Dispatch({ endpoints, deliveries, results: ledger.results, queues, now: () => now });
  registry = registryWith("m".repeat(32));
  metrics = new Metrics("test");
  processor = newProcessor();
  answer = (_request, response) => response.writeHead(204).end();
  receiver = createServer(async (request, response) => {
    received.push({
      headers: request.headers,
      body: Buffer.concat(await request.toArray()).toString(),
    });
    await answer(request, response);
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});
afterEach(async () => {
  metrics.close();
  receiver.closeAllConnections();
  receiver.close();
  await queues.close();
  await closeRedis(redis);
});

/** The registry of a service with the given master secret. */
function registryWith(master: string): EndpointRegistry {
  return new EndpointRegistry({
    endpoints: ledger.endpoints,
    lock: new RedisLock(redis),
    box: new SecretBox(master),
    most: 20,
    disableDays: 5,
    changed: async () => undefined,
    now: () => now,
  });
}

function newProcessor(other: Partial<DeliveryProcessorParts> = {}): DeliveryProcessor {
  return new DeliveryProcessor({
    ledger,
    dispatch,
    registry,
    sender: new Sender({ policy: new TargetPolicy("127.0.0.1"), timeoutMs: 2_000 }),
    slots: new TargetSlots(64),
    callbackSecrets: [secret, olderSecret],
    metrics,
    logger: silent,
    now: () => now,
    ...other,
  });
}

/** An analysis that has ended, with its deliveries owed. */
async function ended(more: Partial<AnalysisRequest> = {}): Promise<Analysis> {
  const request: AnalysisRequest = {
    v: 1,
    id: uuidv7(),
    tenant,
    createdAt: new Date(now).toISOString(),
    films: [{ index: 0, contentType: "image/png", digest: `sha256:${"a".repeat(64)}`, bytes: 3 }],
    ...more,
  };
  const films = [Buffer.from("abc")];
  await ledger.prepare(request, films);
  await ledger.accept(request, films);
  const pending = pendingAnalysis(request, { films: [], started: true });
  const analysis: Analysis = { ...pending, status: "completed", completedAt: new Date(now).toISOString() };
  await ledger.results.put(request, analysis, []);
  await dispatch.owe(request, analysis);
  return analysis;
}

const endpoint = () =>
  registry.create(tenant, {
    url,
    description: "",
    events: ["analysis.completed", "analysis.failed", "analysis.cancelled"],
  });

class Postponed extends Error {
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    super("postponed");
    this.milliseconds = milliseconds;
  }
}

/** One try; returns the milliseconds that the job was put off by, undefined where it is done. */
async function attempt(event: string, webhook?: string): Promise<number | undefined> {
  const data = { v: 1, tenant, event, ...(webhook === undefined ? {} : { webhook }) };
  const postpone = async (milliseconds: number): Promise<never> => {
    throw new Postponed(milliseconds);
  };
  try {
    await processor.process({ id: "", data, number: 1, postpone });
    return undefined;
  } catch (error) {
    if (error instanceof Postponed) return error.milliseconds;
    throw error;
  }
}

async function owed(): Promise<string[]> {
  const names: string[] = [];
  for await (const name of ledger.deliveries.owed.ids()) names.push(name);
  return names;
}

test("a callback and each endpoint get the event under one id, each signed with its own secret", async () => {
  const one = await endpoint();
  const two = await endpoint();
  const analysis = await ended({ callbackUrl: url });
  assert.equal((await owed()).length, 3);
  await attempt(analysis.id);
  await attempt(analysis.id, one.record.id);
  await attempt(analysis.id, two.record.id);
  const secrets = [secret, one.secret, two.secret];
  assert.equal(received.length, 3);
  for (const [at, { headers, body }] of received.entries()) {
    assert.equal(headers["webhook-id"], webhookId(analysis.id, "completed"));
    for (const [other, each] of secrets.entries()) {
      const verify = () => new Webhook(each).verify(body, headers as Record<string, string>);
      if (other === at) assert.deepEqual((verify() as { data: Analysis }).data, analysis);
      else assert.throws(verify);
    }
  }
  assert.deepEqual(await owed(), []);
  const records = await dispatch.ofAnalysis(tenant, analysis.id);
  assert.deepEqual(
    records.map(({ status, webhook, attempts }) => [status, webhook, attempts.map((each) => each.status)]),
    [
      ["delivered", undefined, [204]],
      ["delivered", one.record.id, [204]],
      ["delivered", two.record.id, [204]],
    ],
  );
});

test("while a secret changes over both verify; then only the new one", async () => {
  const { record, secret: old } = await endpoint();
  const ref = { tenant, id: record.id };
  const { secret: young, previousExpiresAt } = await registry.rotate(ref, 3600);
  assert.equal(Date.parse(previousExpiresAt), now + 3_600_000);
  const verifies = ({ headers, body }: (typeof received)[number], by: string) => {
    try {
      new Webhook(by).verify(body, headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  };
  const deliver = async () => {
    await attempt((await ended()).id, record.id);
    const last = received.at(-1);
    assert.ok(last);
    return last;
  };
  const during = await deliver();
  assert.deepEqual([verifies(during, old), verifies(during, young)], [true, true]);
  assert.equal(String(during.headers["webhook-signature"]).split(" ").length, 2);

  const { secret: youngest } = await registry.rotate(ref, 0);
  const after = await deliver();
  assert.deepEqual(
    [old, young, youngest].map((each) => verifies(after, each)),
    [false, false, true],
  );
});

test("a try is not made again where the store can be read but takes nothing, and its end is noted when it does", async (t) => {
  const away = () => Promise.reject(new ProblemError("store-unavailable"));
  for (const [status, step] of [
    [204, "put"],
    [503, "put"],
    [410, "bury"],
  ] as const) {
    received.length = 0;
    answer = (_request, response) => response.writeHead(status, { "retry-after": "3600" }).end();
    const { id } = await ended({ callbackUrl: url });
    const writing = t.mock.method(ledger.deliveries, step);
    for (let tries = 0; tries < 3; tries += 1) writing.mock.mockImplementationOnce(away, tries);
    for (let tries = 0; tries < 3; tries += 1)
      await assert.rejects(attempt(id), { code: "store-unavailable" });
    const wait = await attempt(id);
    writing.mock.restore();
    assert.equal(received.length, 1, `${status}`);
    const [record] = await dispatch.ofAnalysis(tenant, id);
    assert.deepEqual([record?.tries, record?.attempts.map((each) => each.status)], [1, [status]]);
    if (status === 503) assert.ok((wait ?? 0) >= 3_600_000);
    else assert.equal(wait, undefined);
    // The next try is made.
    if (status !== 503) continue;
    now += wait ?? 0;
    await attempt(id);
    assert.equal(received.length, 2);
  }
});

test("a try whose end could not be noted is no try of what was asked for again since", async (t) => {
  answer = (_request, response) => response.writeHead(503).end();
  const { id } = await ended({ callbackUrl: url });
  now += (await attempt(id)) ?? 0;
  const writing = t.mock.method(ledger.deliveries, "put");
  writing.mock.mockImplementationOnce(() => Promise.reject(new ProblemError("store-unavailable")));
  await assert.rejects(attempt(id), { code: "store-unavailable" });
  writing.mock.restore();
  assert.equal(received.length, 2);
  const ref = { tenant, event: id };
  await dispatch.giveUp(ref, "gone");
  await dispatch.redeliver(ref);
  await attempt(id);
  assert.equal(received.length, 3);
});

test("what is asked for again while a worker ends it stays owed", async (t) => {
  const { id } = await ended({ callbackUrl: url });
  const ref = { tenant, event: id };
  // A try before broke off behind its note: the marker is left.
  await attempt(id);
  await ledger.deliveries.owed.set({ tenant, id: deliveryName(ref) });
  const removing = t.mock.method(ledger.deliveries.owed, "remove");
  removing.mock.mockImplementationOnce(async () => {
    removing.mock.restore();
    await dispatch.redeliver(ref);
    await ledger.deliveries.owed.remove(id);
  });
  assert.equal(await attempt(id), 0, "at once");
  assert.deepEqual((await owed()).length, 1);
  await attempt(id);
  assert.equal(received.length, 2);
  assert.deepEqual(await owed(), []);

  const given = await ended({ callbackUrl: url });
  const givenRef = { tenant, event: given.id };
  const burying = t.mock.method(ledger.deliveries.owed, "remove");
  burying.mock.mockImplementationOnce(async () => {
    burying.mock.restore();
    await dispatch.redeliver(givenRef);
    await ledger.deliveries.owed.remove(deliveryName(givenRef));
  });
  await dispatch.giveUp(givenRef, "The endpoint is disabled.");
  assert.deepEqual(await owed(), [deliveryName(givenRef)]);
  await attempt(given.id);
  assert.equal(received.length, 3);
  assert.deepEqual(await owed(), []);
});

test("what is asked for again stays owed where a worker took its marker before its record was written", async (t) => {
  const { id } = await ended({ callbackUrl: url });
  await attempt(id);
  const ref = { tenant, event: id };
  const putting = t.mock.method(ledger.deliveries, "put");
  putting.mock.mockImplementationOnce(async (...call) => {
    putting.mock.restore();
    await ledger.deliveries.close(ref);
    return ledger.deliveries.put(...call);
  });
  await dispatch.redeliver(ref);
  assert.deepEqual(await owed(), [deliveryName(ref)]);
});

test("a callback is signed with each of the operator's secrets, and with what its tenant has of each, which no other has", async () => {
  await attempt((await ended({ callbackUrl: url })).id);
  const { headers, body } = received[0] ?? assert.fail("nothing came");
  const verify = (by: string) => new Webhook(by).verify(body, headers as Record<string, string>);
  for (const each of [secret, olderSecret]) {
    assert.ok(verify(each));
    assert.ok(verify(tenantSecret(each, tenant)));
    assert.throws(() => verify(tenantSecret(each, "another")));
  }
  assert.deepEqual(callbackSecrets([secret], "default"), [secret], "the tenant of a system without keys");
});

test("a delivery is tried over three days, with its waits, and then is a dead letter that can be made again", async () => {
  answer = (_request, response) => response.writeHead(500).end("out of order");
  const analysis = await ended({ callbackUrl: url });
  const ref = { tenant, event: analysis.id };
  const began = now;
  let tries = 0;
  for (;;) {
    tries += 1;
    const wait = await attempt(analysis.id);
    if (wait === undefined) break;
    assert.ok(wait >= 5_000);
    // Before its time it is sent back, and not tried: as after Redis was wiped.
    assert.ok(((await attempt(analysis.id)) ?? 0) > wait - 2);
    assert.equal(received.length, tries);
    now += wait;
  }
  assert.equal(tries, 17);
  assert.ok(now - began > 3 * dayMs && now - began < 4 * dayMs);
  const dead = await ledger.deliveries.get(ref);
  assert.deepEqual(
    [dead?.status, dead?.attempts.length, dead?.nextAttemptAt, dead?.reason],
    ["failed", 17, undefined, "The last try failed: The receiver answered 500."],
  );
  assert.deepEqual(dead?.attempts.at(-1)?.answer, "out of order");
  assert.deepEqual(await owed(), []);
  const letters: string[] = [];
  for await (const name of ledger.deliveries.dead.ids()) letters.push(name);
  assert.deepEqual(letters, [deliveryName(ref)]);

  answer = (_request, response) => response.writeHead(200).end();
  await dispatch.redeliver(ref);
  assert.deepEqual(await owed(), [deliveryName(ref)]);
  assert.equal(await queues.state("webhook", deliveryName(ref)), "pending");
  assert.equal(await attempt(analysis.id), undefined);
  const made = await ledger.deliveries.get(ref);
  assert.deepEqual([made?.status, made?.reason, made?.attempts.length], ["delivered", undefined, 18]);
  assert.equal(new Set(received.map(({ headers }) => headers["webhook-id"])).size, 1);
  assert.equal(new Set(received.map(({ body }) => body)).size, 1);
  for await (const name of ledger.deliveries.dead.ids()) assert.fail(name);
});

test("what a worker owed whose clock was ahead is tried at once; a planned try waits for its time", async () => {
  now += 60 * 60_000;
  const analysis = await ended({ callbackUrl: url });
  now -= 60 * 60_000;
  answer = (_request, response) => response.writeHead(500).end();
  const wait = await attempt(analysis.id);
  assert.equal(received.length, 1);
  assert.ok(wait !== undefined && wait < 60_000);
  assert.equal(await attempt(analysis.id), Math.floor(wait), "early");
  assert.equal(received.length, 1);
});

test("a try that a worker planned whose clock was ahead is made as soon as one with a right clock has it", async () => {
  const analysis = await ended({ callbackUrl: url });
  answer = (_request, response) => response.writeHead(500, { "retry-after": "86400" }).end();
  now += 30 * dayMs;
  await attempt(analysis.id);
  now -= 30 * dayMs;
  answer = (_request, response) => response.writeHead(204).end();
  assert.equal(await attempt(analysis.id), undefined);
  assert.equal(received.length, 2);
  assert.deepEqual(await owed(), []);
});

test("Retry-After is obeyed", async () => {
  answer = (_request, response) => response.writeHead(429, { "retry-after": "4000" }).end();
  const analysis = await ended({ callbackUrl: url });
  assert.equal(await attempt(analysis.id), 4_000_000);
  const record = await ledger.deliveries.get({ tenant, event: analysis.id });
  assert.equal(Date.parse(record?.nextAttemptAt ?? ""), now + 4_000_000);
});

test("what cannot be signed is a failed try on record, planned again, and none of the endpoint's", async () => {
  const { record } = await endpoint();
  const { id } = await ended({ callbackUrl: url });
  const lines: object[] = [];
  const logger = { ...silent, warn: (line: object) => lines.push(line) } as unknown as Logger;
  const whole = processor;
  processor = newProcessor({ registry: registryWith("w".repeat(32)), callbackSecrets: [], logger });
  for (const webhook of [undefined, record.id]) {
    const wait = await attempt(id, webhook);
    assert.ok(wait !== undefined && wait >= 5_000 && wait <= 6_000);
    const standing = await ledger.deliveries.get({
      ...{ tenant, event: id },
      ...(webhook === undefined ? {} : { webhook }),
    });
    assert.deepEqual(
      [standing?.status, standing?.tries, standing?.attempts.map(({ reason }) => reason)],
      ["pending", 1, ["It cannot be signed."]],
    );
    assert.equal(Date.parse(standing?.nextAttemptAt ?? ""), Math.floor(now + wait));
  }
  assert.equal(received.length, 0);
  assert.equal((await registry.find(record)).failingSince, undefined);
  assert.deepEqual(
    lines.map((line) => ("code" in line ? line.code : undefined)),
    ["config-invalid", "config-invalid"],
  );

  processor = whole;
  now += 6_000;
  await attempt(id);
  await attempt(id, record.id);
  assert.equal(received.length, 2);
  assert.deepEqual(await owed(), []);
});

test("410 gives the delivery up and disables the endpoint; what else it is owed is given up too", async () => {
  const { record } = await endpoint();
  const [first, second] = [await ended(), await ended()];
  answer = (_request, response) => response.writeHead(410).end();
  assert.equal(await attempt(first.id, record.id), undefined);
  const disabled = await registry.find(record);
  assert.deepEqual([disabled.enabled, disabled.disabled?.reason], [false, "gone"]);
  await attempt(second.id, record.id);
  assert.equal(received.length, 1);
  assert.equal(
    (await ledger.deliveries.get({ tenant, event: second.id, webhook: record.id }))?.status,
    "failed",
  );
  const third = await ended();
  assert.deepEqual(await owed(), [], "a disabled endpoint is owed nothing");

  answer = (_request, response) => response.writeHead(204).end();
  const enabled = await registry.change(record, { enabled: true });
  assert.deepEqual([enabled.enabled, enabled.disabled, enabled.failingSince], [true, undefined, undefined]);
  const since = Date.parse(first.createdAt) - 1;
  const newest = webhookId(second.id, "completed");
  assert.deepEqual(await dispatch.redeliverFailed(record, since, { looks: 1 }), {
    redelivered: 1,
    more: true,
    nextCursor: newest,
  });
  assert.deepEqual(await dispatch.redeliverFailed(record, since, { after: second.id, looks: 1 }), {
    redelivered: 1,
    more: false,
  });
  await attempt(first.id, record.id);
  await attempt(second.id, record.id);
  assert.deepEqual(
    received.slice(1).map(({ headers }) => headers["webhook-id"]),
    [first, second].map(({ id }) => webhookId(id, "completed")),
  );
  assert.equal(await ledger.deliveries.get({ tenant, event: third.id, webhook: record.id }), undefined);
});

test("an endpoint without one success for five days is disabled; a success begins the count anew", async () => {
  const { record } = await endpoint();
  answer = (_request, response) => response.writeHead(500).end();
  const fail = async () => attempt((await ended()).id, record.id);
  await fail();
  assert.equal((await registry.find(record)).failingSince, new Date(now).toISOString());
  now += 4 * dayMs;
  await fail();
  assert.equal((await registry.find(record)).enabled, true);
  answer = (_request, response) => response.writeHead(200).end();
  await attempt((await ended()).id, record.id);
  assert.equal((await registry.find(record)).failingSince, undefined);
  answer = (_request, response) => response.writeHead(500).end();
  await fail();
  now += 5 * dayMs;
  await fail();
  const { enabled, disabled } = await registry.find(record);
  assert.deepEqual([enabled, disabled?.reason], [false, "failing"]);
});

test("a test event is tried once, also at a disabled endpoint, and counts for nothing", async () => {
  const { record, secret: own } = await endpoint();
  await registry.change(record, { enabled: false });
  answer = (_request, response) => response.writeHead(410).end();
  const event = uuidv7();
  const sent = await dispatch.sendTest(record, event);
  assert.equal(await attempt(event, record.id), undefined);
  const { headers, body } = received[0] ?? assert.fail("nothing came");
  assert.deepEqual(new Webhook(own).verify(body, headers as Record<string, string>), {
    type: "webhook.test",
    timestamp: sent.createdAt,
    data: { webhook: record.id },
  });
  assert.equal((await ledger.deliveries.get({ tenant, event, webhook: record.id }))?.status, "failed");
  assert.deepEqual((await registry.find(record)).disabled?.reason, "asked");
  assert.equal((await registry.find(record)).failingSince, undefined);
});

test("nothing is written that outlives its analysis or endpoint, also where those go during a try", async () => {
  const { record } = await endpoint();
  const erased = await ended({ callbackUrl: url });
  answer = async (_request, response) => {
    await ledger.removeAll({ tenant, id: erased.id });
    response.writeHead(500).end();
  };
  assert.equal(await attempt(erased.id), undefined);
  assert.equal(await attempt(erased.id, record.id), undefined, "the second finds nothing left to do");
  assert.equal(received.length, 1);
  assert.equal(await ledger.deliveries.get({ tenant, event: erased.id }), undefined);
  assert.equal(await ledger.deliveries.get({ tenant, event: erased.id, webhook: record.id }), undefined);
  assert.deepEqual(await owed(), []);

  const told = await ended();
  answer = async (_request, response) => {
    await registry.delete(record, (ref) => dispatch.forgetEndpoint(ref));
    response.writeHead(500).end();
  };
  assert.equal(await attempt(told.id, record.id), undefined);
  assert.equal(await ledger.deliveries.get({ tenant, event: told.id, webhook: record.id }), undefined);
  assert.deepEqual(await owed(), []);
  assert.equal(await ledger.endpoints.get(record), undefined, "the try did not bring it back");
});

for (const damaged of [false, true])
  test(`a ${damaged ? "damaged " : ""}delivery that is given up while its endpoint is deleted leaves nothing of that`, async (t) => {
    const { record } = await endpoint();
    const { id } = await ended();
    const [key = ""] = await store.list(`webhooks/${tenant}/${record.id}/deliveries/`);
    if (damaged) await store.put(key, '{"v":2,"dig');
    const burying = t.mock.method(ledger.deliveries.dead, "set");
    burying.mock.mockImplementationOnce(async (...call) => {
      burying.mock.restore();
      await registry.delete(record, (ref) => dispatch.forgetEndpoint(ref));
      await ledger.deliveries.dead.set(...call);
    });
    await dispatch.giveUp({ tenant, event: id, webhook: record.id }, "The endpoint is disabled.");
    assert.deepEqual(await ledger.endpoints.ids(tenant), []);
    for (const each of ["deliveries/", "dead-letters/"]) assert.deepEqual(await store.list(each), [], each);
  });

test("what is owed of what was deleted just before leaves no folder", async () => {
  const { record } = await endpoint();
  const analysis = await ended({ callbackUrl: url });
  const request = (await ledger.request({ tenant, id: analysis.id })) ?? assert.fail("it was accepted");
  await ledger.hide({ tenant, id: analysis.id });
  await ledger.removeAll({ tenant, id: analysis.id });
  await registry.delete(record, (ref) => dispatch.forgetEndpoint(ref));
  const { endpoints, deliveries, results } = ledger;
  const known = { listening: async () => [record] };
  await new Dispatch({ endpoints, deliveries, results, queues, known }).owe(request, analysis);
  await attempt(analysis.id);
  await attempt(analysis.id, record.id);
  assert.deepEqual([received, await owed()], [[], []]);
  assert.deepEqual([await ledger.list(tenant, 10), await endpoints.ids(tenant)], [[], []]);
});

/** How many were counted as that. */
async function counted(result: string): Promise<number | undefined> {
  return (await metrics.deliveries.get()).values.find(({ labels }) => labels.result === result)?.value;
}

test("a delivery is counted as given up once, when that is on record", async (t) => {
  const { record } = await endpoint();
  const { id } = await ended();
  await registry.change(record, { enabled: false });
  t.mock
    .method(ledger.deliveries, "bury")
    .mock.mockImplementationOnce(() => Promise.reject(new ProblemError("store-unavailable")));
  await assert.rejects(attempt(id, record.id), { code: "store-unavailable" });
  assert.equal(await counted("dead"), 0);
  await attempt(id, record.id);
  assert.equal(await counted("dead"), 1);
});

test("a try whose analysis is erased meanwhile is counted", async () => {
  const { id } = await ended({ callbackUrl: url });
  answer = async (_request, response) => {
    await ledger.removeAll({ tenant, id });
    response.writeHead(204).end();
  };
  await attempt(id);
  assert.equal(await counted("delivered"), 1);
});

/** The store fails when a try has noted how it ended, and looks whether what it tells of is there still. */
function failAfterNote(t: TestContext): void {
  t.mock
    .method(ledger.results, "has")
    .mock.mockImplementationOnce(() => Promise.reject(new ProblemError("store-unavailable")));
}

test("what is erased during a try leaves no record, though the store fails behind the try's note", async (t) => {
  const analysis = await ended({ callbackUrl: url });
  const ref = { tenant, event: analysis.id };
  answer = async (_request, response) => {
    // All of an erasure but what the try's own note comes behind.
    await ledger.hide({ tenant, id: analysis.id });
    response.writeHead(200).end("of a patient");
  };
  failAfterNote(t);
  await assert.rejects(attempt(analysis.id), { code: "store-unavailable" });
  assert.equal((await ledger.deliveries.get(ref))?.status, "delivered");
  assert.equal(await attempt(analysis.id), undefined);
  assert.equal(await ledger.deliveries.get(ref), undefined);
  assert.deepEqual(await owed(), []);
});

test("what was delivered stays on record, though the store fails behind the try's note", async (t) => {
  const analysis = await ended({ callbackUrl: url });
  failAfterNote(t);
  await assert.rejects(attempt(analysis.id), { code: "store-unavailable" });
  assert.equal(await attempt(analysis.id), undefined);
  assert.equal((await ledger.deliveries.get({ tenant, event: analysis.id }))?.status, "delivered");
  assert.deepEqual(await owed(), []);
  assert.equal(received.length, 1);
});

/** A try that is frozen before its answer comes; `thaw` lets it be answered. */
async function frozenTry(event: string): Promise<{ thaw: (status: number) => Promise<number | undefined> }> {
  let thaw: (status: number) => void = () => assert.fail("it was not asked yet");
  const frozen = new Promise<void>((met) => {
    answer = async (_request, response) => {
      const status = new Promise<number>((resolve) => {
        thaw = resolve;
      });
      met();
      response.writeHead(await status).end();
    };
  });
  const tried = attempt(event);
  await frozen;
  return {
    thaw: (status) => {
      thaw(status);
      return tried;
    },
  };
}

for (const status of [500, 410, 204])
  test(`a worker that lost its delivery to another, and comes back with ${status}, changes nothing of its end`, async () => {
    const analysis = await ended({ callbackUrl: url });
    const ref = { tenant, event: analysis.id };
    const { thaw } = await frozenTry(analysis.id);
    answer = (_request, response) => response.writeHead(200).end();
    assert.equal(await attempt(analysis.id), undefined);
    const made = await ledger.deliveries.get(ref);
    assert.equal(made?.status, "delivered");
    assert.equal(await thaw(status), undefined);
    assert.deepEqual(await ledger.deliveries.get(ref), made);
    assert.deepEqual(await owed(), []);
    assert.equal(await ledger.deliveries.dead.get(deliveryName(ref)), undefined);
  });

test("a worker that lost its delivery to another takes the wait that follows from the other's try", async () => {
  const analysis = await ended({ callbackUrl: url });
  const ref = { tenant, event: analysis.id };
  const { thaw } = await frozenTry(analysis.id);
  answer = (_request, response) => response.writeHead(429, { "retry-after": "4000" }).end();
  await attempt(analysis.id);
  const noted = await ledger.deliveries.get(ref);
  assert.equal(await thaw(500), 4_000_000);
  assert.deepEqual(await ledger.deliveries.get(ref), noted);
});

test("a delivery that was made and asked for again is the one that was asked for, whoever comes back late", async () => {
  const analysis = await ended({ callbackUrl: url });
  const ref = { tenant, event: analysis.id };
  const { thaw } = await frozenTry(analysis.id);
  answer = (_request, response) => response.writeHead(200).end();
  await attempt(analysis.id);
  now += 1_000;
  const again = await dispatch.redeliver(ref);
  assert.equal(await thaw(410), 0);
  assert.deepEqual(await ledger.deliveries.get(ref), again);
});

test("what is pending is owed, though its marker went during the try", async () => {
  const analysis = await ended({ callbackUrl: url });
  const name = deliveryName({ event: analysis.id });
  answer = async (_request, response) => {
    await ledger.deliveries.owed.remove(name);
    response.writeHead(500).end();
  };
  assert.notEqual(await attempt(analysis.id), undefined);
  assert.deepEqual(await owed(), [name]);
});

test("an event owed twice is one delivery, and one that was made is not made again", async () => {
  const { record } = await endpoint();
  const analysis = await ended();
  const request = await ledger.request({ tenant, id: analysis.id });
  assert.ok(request);
  await dispatch.owe(request, analysis);
  await attempt(analysis.id, record.id);
  await dispatch.owe(request, analysis);
  assert.deepEqual(await owed(), []);
  await attempt(analysis.id, record.id);
  assert.equal(received.length, 1);
  await assert.rejects(
    dispatch.redeliver({ tenant, event: uuidv7(), webhook: record.id }),
    /delivery-not-found/,
  );
});

test("what an endpoint has no room for is put off before the store is asked", async (t) => {
  const { record } = await endpoint();
  const { id } = await ended();
  const slots = new TargetSlots(2);
  processor = newProcessor({ slots });
  const slot = slots.take(tenant, record.id);
  assert.ok(typeof slot === "object");
  const read = t.mock.method(store, "get");
  assert.notEqual(await attempt(id, record.id), undefined);
  assert.equal(read.mock.callCount(), 0);
  slot.release(20);
  assert.equal(await attempt(id, record.id), undefined);
  assert.equal(received.length, 1);
});

test("deliveries older than the retention go, those still owed stay", async () => {
  const { record } = await endpoint();
  const old = await ended({ id: "01900000-0000-7000-8000-000000000001" });
  const owedStill = await ended({ id: "01900000-0000-7000-8000-000000000002" });
  const young = await ended();
  await attempt(old.id, record.id);
  await attempt(young.id, record.id);
  assert.equal(await ledger.deliveries.expire(tenant, record.id, now - 30 * dayMs), 1);
  const left: string[] = [];
  for await (const { analysis } of ledger.deliveries.of(tenant, record.id)) left.push(analysis ?? "");
  assert.deepEqual(left, [young.id, owedStill.id]);
});
