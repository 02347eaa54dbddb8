import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { runOsteon } from "@osteon/cli";
import { type Analysis, Osteon, ProblemError, SignatureError, verifyWebhook } from "@osteon/client";
import { KeyRing } from "@osteon/shared";
import { Bucket } from "../support/bucket.js";
import { ContractCheck } from "../support/contract-check.js";
import { filmBytes, testFilms } from "../support/films.js";
import { Receiver } from "../support/receiver.js";
import { startTestSystem, type TestSystem, webhookSecret } from "../support/system.js";
import { TestTerminal } from "../support/terminal.js";
import { until } from "../support/until.js";

const [hand, elbow] = (["hand", "elbow"] as const).map((region) =>
  filmBytes(testFilms(1, region)[0]?.file ?? ""),
);
let bucket: Bucket;
let system: TestSystem;
let client: Osteon;
let check: ContractCheck;
let key: string;
before(async () => {
  bucket = await Bucket.start();
  const scopes = ["submit", "urgent", "read", "webhooks", "admin"] as const;
  key = (await new KeyRing(bucket.store).create({ tenant: "a", name: "", scopes })).text;
  system = await startTestSystem({
    counts: { gateway: 2 },
    env: {
      AUTH: "keys",
      ...bucket.env,
    },
  });
  check = await ContractCheck.of(system.client.url);
  client = new Osteon({ url: system.client.url, key, fetch: check.fetch });
});
after(async () => {
  await system?.stop();
  await bucket?.stop();
});

const film = (bytes: Buffer | undefined, name: string) => ({ data: bytes ?? Buffer.alloc(0), name });

describe("the client", () => {
  let ended: Analysis;

  test("analyzes the views of an exam, and shows what was found", async () => {
    ended = await client.analyze([film(hand, "ap.jpg"), film(hand, "lateral.jpg")], {
      reference: "by client",
    });
    assert.equal(ended.status, "completed");
    assert.deepEqual(
      ended.films.map(({ name }) => name),
      ["ap.jpg", "lateral.jpg"],
    );
    assert.deepEqual(await client.get(ended.id), ended);
    for (const picture of [await client.image(ended.id), await client.heatmap(ended.id, 1)]) {
      assert.equal(picture.type, "image/png");
    }
    assert.equal((await client.thumbnail(ended.id, 1)).type, "image/jpeg");
    assert.deepEqual(Buffer.from(await (await client.original(ended.id)).arrayBuffer()), hand);
  });

  test("follows an analysis, lists, cancels and erases", async () => {
    const { id } = await client.submit(film(elbow, "e.jpg"), { reference: "by client", priority: "urgent" });
    const told: string[] = [];
    for await (const { type } of client.events(id)) told.push(type);
    assert.equal(told.at(-1), "completed");
    const found: string[] = [];
    for await (const each of client.all({ reference: "by client", limit: 1 })) found.push(each.id);
    assert.deepEqual(found, [id, ended.id]);
    await assert.rejects(
      client.cancel(id),
      (error) => error instanceof ProblemError && error.code === "already-ended",
    );
    await client.erase(id);
    await assert.rejects(client.get(id), (error) => error instanceof ProblemError && error.status === 404);
  });

  test("uploads past the gateway", async () => {
    const analysis = await client.analyze(await client.upload(hand ?? Buffer.alloc(0)));
    assert.equal(analysis.bodyPart?.label, "hand");
  });

  test("shows models and their cards, and has them loaded anew", async () => {
    const models = await client.models();
    assert.ok(models.some(({ name }) => name === "bodypart"));
    assert.match(await client.modelCard("bodypart"), /^# /m);
    assert.ok((await client.reloadModels()).every(({ state }) => state === "answered"));
  });

  test("administers endpoints, and verifies what they are sent", async () => {
    const receiver = await Receiver.start();
    const endpoint = await client.webhooks.create({ url: receiver.url, description: "client" });
    receiver.secrets = [endpoint.secret];
    const made = await client.webhooks.test(endpoint.id);
    const { body, headers } = await receiver.received(1);
    assert.equal((await verifyWebhook(body, headers, endpoint.secret)).type, "webhook.test");
    await assert.rejects(verifyWebhook(`${body} `, headers, endpoint.secret), SignatureError);
    const analysis = await client.analyze(film(hand, "w.jpg"), { callbackUrl: receiver.url });
    await receiver.received(2);
    const delivered = async (delivery: string) => {
      for (;;) {
        const found = await client.webhooks.delivery(endpoint.id, delivery);
        if (found.status !== "pending") return found;
      }
    };
    assert.equal((await delivered(made.id)).status, "delivered");
    const { data } = await client.webhooks.deliveries(endpoint.id, { limit: 1 });
    assert.equal(data[0]?.analysis, analysis.id);
    await delivered(data[0]?.id ?? "");
    const all: string[] = [];
    for await (const each of client.webhooks.allDeliveries(endpoint.id, { limit: 1 })) all.push(each.type);
    assert.deepEqual(all.sort(), ["analysis.completed", "webhook.test"]);
    await client.webhooks.redeliver(endpoint.id, data[0]?.id ?? "");
    await receiver.received(3);
    assert.deepEqual(await client.webhooks.redeliverFailed(endpoint.id, analysis.createdAt), {
      redelivered: 0,
      more: false,
    });
    assert.equal((await client.deliveries(analysis.id)).length, 2);
    const rotated = await client.webhooks.rotateSecret(endpoint.id, { overlapSeconds: 0 });
    receiver.secrets.push(rotated.secret);
    await client.webhooks.test(endpoint.id);
    assert.deepEqual((await receiver.received(4)).verifiedBy, [rotated.secret]);
    assert.equal((await client.webhooks.change(endpoint.id, { enabled: false })).enabled, false);
    assert.equal((await client.webhooks.get(endpoint.id)).disabled?.reason, "asked");
    assert.deepEqual(
      (await client.webhooks.list()).map(({ id }) => id),
      [endpoint.id],
    );
    await client.webhooks.delete(endpoint.id);
    assert.deepEqual(await client.webhooks.list(), []);
    await receiver.stop();
  });

  test("has what goes to an address of its own made again, once that was", async (t) => {
    const callback = await Receiver.start(webhookSecret);
    t.after(() => callback.stop());
    const { id } = await client.analyze(film(hand, "c.jpg"), { callbackUrl: callback.url });
    const { id: first } = await callback.received(1);
    const delivered = async () => (await client.deliveries(id))[0]?.status === "delivered";
    await until("the first delivery is noted", 60, delivered);
    const { type, status } = await client.redeliver(id);
    assert.deepEqual([type, status], ["analysis.completed", "pending"]);
    const again = await callback.received(2);
    assert.deepEqual([again.id, again.event.data.id], [first, id]);
  });

  test("has a method for every call, and every call and answer was as the document says", async () => {
    // The page's own calls, the operator's, the origin's, and what orchestrators and metrics collectors ask for are left out.
    const others =
      /^origin|^getRules$|Session$|^sign(In|Out)$|^streamEvents$|^getOverview$|DeadLetter|^is(Live|Ready)$|^getMetrics$|^getProblem$/;
    assert.deepEqual(check.missing(others), []);
    assert.deepEqual(check.faults, []);
  });
});

describe("the command line", () => {
  let file: string;
  const osteon = async (...args: string[]) => {
    const terminal = new TestTerminal({ OSTEON_URL: system.client.url, OSTEON_KEY: key });
    const code = await runOsteon(args, terminal);
    return { code, ...terminal };
  };
  before(async () => {
    file = path.join(bucket.folder, "film.jpg");
    await writeFile(file, hand ?? "");
  });

  test("analyze, get, watch, cancel and erase", async () => {
    const analyzed = await osteon("analyze", file, "--json", "--reference", "by hand");
    assert.equal(analyzed.code, 0, analyzed.told.join());
    const { id, reference } = JSON.parse(analyzed.printed[0] ?? "{}") as Analysis;
    assert.equal(reference, "by hand");
    const got = await osteon("get", id);
    assert.match(
      got.printed[0] ?? "",
      new RegExp(`^${id}  completed  film\\.jpg  \\(by hand\\)  hand \\d+\\.\\d %  (fractured|normal)`),
    );
    assert.equal(
      JSON.parse((await osteon("watch", id, "--json")).printed.at(-1) ?? "{}").status,
      "completed",
    );
    const cancelled = await osteon("cancel", id);
    assert.deepEqual([cancelled.code, cancelled.printed], [1, []]);
    assert.match(cancelled.told[0] ?? "", /already-ended/);
    assert.deepEqual((await osteon("erase", id)).printed, [`${id}  erased`]);
    assert.equal((await osteon("get", id)).code, 1);
  });

  test("several files are analyses of their own, or the views of one exam; a bad one is told and counts", async () => {
    const text = path.join(bucket.folder, "notes.jpg");
    await writeFile(text, "no film");
    const several = await osteon("analyze", file, text, file);
    assert.deepEqual([several.code, several.printed.length, several.told.length], [1, 2, 1]);
    assert.match(several.told[0] ?? "", /notes\.jpg: media-type-unsupported/);
    const exam = await osteon("analyze", "--exam", file, file, "--json");
    assert.equal((JSON.parse(exam.printed[0] ?? "{}") as Analysis).films.length, 2);
  });

  test("webhooks listen receives, verifies, prints, and leaves no endpoint behind", async () => {
    const terminal = new TestTerminal({ OSTEON_URL: system.client.url, OSTEON_KEY: key });
    const listening = runOsteon(["webhooks", "listen"], terminal);
    const line = await terminal.until((each) => each.startsWith("Listening"));
    const [, url, endpoint] = /at (\S+) as endpoint (\S+);/.exec(line) ?? [];
    const forged = await fetch(url ?? "", { method: "POST", body: "{}" });
    assert.equal(forged.status, 401);
    const { id } = await client.analyze(film(hand, "h.jpg"));
    await terminal.until((each) => each.includes("analysis.completed") && each.includes(id));
    terminal.interrupt();
    assert.equal(await listening, 0);
    assert.deepEqual(await client.webhooks.list(), []);
    assert.ok(terminal.told.some((each) => each === `Removed endpoint ${endpoint}`));
  });

  test("what is not understood is told with the usage", async () => {
    for (const args of [
      [],
      ["frobnicate"],
      ["analyze"],
      ["get", "--what"],
      ["webhooks"],
      ["webhooks", "listen", "--count", "0"],
    ]) {
      const { code, told } = await osteon(...args);
      assert.equal(code, 2, args.join(" "));
      assert.match(told.join("\n"), /npm run osteon -- keys/);
    }
  });
});
