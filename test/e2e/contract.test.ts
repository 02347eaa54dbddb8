import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Analysis } from "@osteon/shared";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

let system: TestSystem;
let clients: Client[];
before(async () => {
  system = await startTestSystem({ counts: { gateway: 2 } });
  clients = system.running.named("gateway").map((gateway) => new Client(gateway.address ?? ""));
});
after(() => system?.stop());

const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
const elbow = filmBytes(testFilms(1, "elbow")[0]?.file ?? "");

function submit(
  client: Client,
  key: string,
  bytes: Buffer,
  boundary = "",
): Promise<{ status: number; headers: Headers; body: Analysis }> {
  if (boundary === "") {
    return client.request("/v1/analyses", {
      method: "POST",
      body: Uint8Array.from(bytes),
      headers: { "content-type": "image/jpeg", "idempotency-key": key },
    });
  }
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="film"; filename=""\r\nContent-Type: image/jpeg\r\n\r\n`;
  return client.request("/v1/analyses", {
    method: "POST",
    body: Uint8Array.from(Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)])),
    headers: { "content-type": `multipart/form-data; boundary=${boundary}`, "idempotency-key": key },
  });
}

describe("Idempotency-Key, over two gateways", () => {
  test("50 equal requests at once make one analysis", async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => submit(clients[at % 2] ?? system.client, '"fifty"', hand)),
    );
    const accepted = answers.filter((each) => each.status === 202);
    assert.ok(accepted.length >= 1);
    assert.equal(new Set(accepted.map((each) => each.body.id)).size, 1);
    assert.equal(accepted.filter((each) => each.headers.get("idempotency-replayed") === null).length, 1);
    for (const answer of answers.filter((each) => each.status !== 202)) {
      Client.refused(answer, 409, "idempotency-in-flight");
    }
  });

  test("a repeat answers the same analysis; other content is refused", async () => {
    const first = await submit(system.client, "again", hand);
    const repeat = await submit(clients[1] ?? system.client, '"again"', hand);
    assert.deepEqual([repeat.status, repeat.body.id], [202, first.body.id]);
    assert.equal(repeat.headers.get("idempotency-replayed"), "true");
    Client.refused(await submit(system.client, "again", elbow), 422, "idempotency-key-reused");
  });

  test("the envelope does not matter", async () => {
    const ids = [];
    for (const boundary of ["one", "two-two"])
      ids.push((await submit(system.client, "envelope", hand, boundary)).body.id);
    assert.equal(ids[0], ids[1]);
  });

  test("a refused request leaves its key free", async () => {
    Client.refused(
      await submit(system.client, "freed", Buffer.from("no film")),
      415,
      "media-type-unsupported",
    );
    assert.equal((await submit(system.client, "freed", hand)).status, 202);
  });

  test("a key that is none is refused", async () => {
    Client.refused(await submit(system.client, "x".repeat(256), hand), 400, "idempotency-key-invalid");
  });

  test("two of them are none: nobody can tell which was meant", async () => {
    const request = httpRequest(`${system.client.url}/v1/analyses`, {
      method: "POST",
      headers: { "content-type": "image/jpeg", "idempotency-key": ["twice", "twice"] },
    });
    request.end(hand);
    const [answer] = (await once(request, "response")) as [IncomingMessage];
    assert.equal(answer.statusCode, 400);
    assert.match(String(await answer.toArray()), /idempotency-key-invalid/);
  });
});

describe("the origin's calls", () => {
  async function upload(field: string): Promise<string> {
    const form = new FormData();
    form.append(field, new Blob([Uint8Array.from(hand)]), "../../etc/passwd.jpg");
    const answer = await system.client.request<{ filename: string }>("/upload", {
      method: "POST",
      body: form,
    });
    assert.equal(answer.status, 200);
    assert.deepEqual(Object.keys(answer.body), ["filename"]);
    assert.match(answer.body.filename, /^[0-9a-f-]{36}\.jpg$/);
    return answer.body.filename;
  }
  const predict = (filename: unknown) =>
    system.client.request<{ bone_type: string; result: string }>("/predict", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ filename }),
    });

  test("upload, then predict", async () => {
    for (const field of ["file", "image"]) {
      const { status, body } = await predict(await upload(field));
      assert.equal(status, 200);
      assert.deepEqual(Object.keys(body).sort(), ["bone_type", "result"]);
      assert.equal(body.bone_type, "Hand");
      assert.ok(["fractured", "normal"].includes(body.result));
    }
  });

  test("a film is what is of a film's media type, and one that cannot be decoded is told as such", async () => {
    // Whole by its markers, and its scan cut short.
    const scan = hand.indexOf(Buffer.from([0xff, 0xda]));
    const damaged = Buffer.concat([hand.subarray(0, scan + 400), Buffer.from([0xff, 0xd9])]);
    const [head, foot] = [
      '--b\r\ncontent-disposition: form-data; name="x"\r\ncontent-type: image/jpeg\r\n\r\n',
      "\r\n--b--\r\n",
    ];
    const { body } = await system.client.request<{ filename: string }>("/upload", {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=b" },
      body: Buffer.concat([Buffer.from(head), damaged, Buffer.from(foot)]),
    });
    Client.refused(await predict(body.filename), 422, "film-damaged");
  });

  test("a name that this server did not make is refused", async () => {
    for (const name of ["../../etc/passwd", "x.jpg", "", "01970000-0000-7000-8000-000000000000.jpg"]) {
      Client.refused(await predict(name), 404, "analysis-not-found");
    }
    Client.refused(await predict(undefined), 400, "validation-failed");
  });

  test("the rules are a page, and JSON on request", async () => {
    const page = await fetch(`${system.client.url}/rules`, { headers: { accept: "text/html" } });
    assert.match(await page.text(), /<li>At least 224 pixels on each side/);
    const { body } = await system.client.request<{ rules: string[] }>("/rules", {
      headers: { accept: "application/json" },
    });
    assert.equal(body.rules.length, 4);
  });
});

test("the Python of the guide works as it stands there", async () => {
  const guide = await readFile(new URL("../../../docs/guides/python.md", import.meta.url), "utf8");
  const [, program] = /```python\n(.*?)```/s.exec(guide) ?? [];
  assert.ok(program);
  assert.match(program, /"http:\/\/127\.0\.0\.1:8080"/);
  const film = fileURLToPath(new URL("../../../models/fracture-hand/warmup.png", import.meta.url));
  const { stdout } = await promisify(execFile)("python3", [
    "-c",
    program.replace("http://127.0.0.1:8080", system.client.url),
    film,
  ]);
  assert.match(stdout, /warmup\.png completed \{'label': 'hand'.*Research use only/);
});

test("the README's first film is answered as it says there", async () => {
  const readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
  const [, name, block] = /curl -s -F film=@(\S+) .*?```jsonc\n(.*?)```/s.exec(readme) ?? [];
  assert.ok(name !== undefined && block !== undefined);
  const bytes = await readFile(new URL(`../../../${name}`, import.meta.url));
  const { body } = await system.client.submit([{ name, bytes }]);
  says(await system.client.ended(body.id), JSON.parse(block));
});

/** Asserts that an answer has all that a text shows of it: numbers to a hundredth, lists whole. */
function says(answer: unknown, shown: unknown, at = ""): void {
  if (typeof shown === "number") {
    assert.ok(
      typeof answer === "number" && Math.abs(answer - shown) <= 0.01,
      `${at}: ${answer}, not ${shown}`,
    );
  } else if (typeof shown === "object" && shown !== null) {
    assert.ok(typeof answer === "object" && answer !== null, at);
    if (Array.isArray(shown)) assert.equal((answer as unknown[]).length, shown.length, at);
    for (const [key, part] of Object.entries(shown))
      says((answer as Record<string, unknown>)[key], part, `${at}/${key}`);
  } else assert.equal(answer, shown, at);
}

test("a wait at one gateway is woken by what another gateway's client submitted", async () => {
  const [one, two] = clients;
  assert.ok(one !== undefined && two !== undefined);
  const { body } = await one.submit([{ name: "x", bytes: hand }]);
  assert.equal((await two.ended(body.id)).status, "completed");
});

test("the OpenAPI document names every route of the contract", async () => {
  const { body } = await system.client.request<{ openapi: string; paths: object }>("/openapi.json");
  assert.match(body.openapi, /^3\.1/);
  for (const route of [
    "/v1/analyses",
    "/v1/analyses/{id}",
    "/v1/analyses/{id}/events",
    "/v1/analyses/{id}/cancel",
    "/v1/models",
    "/v1/models/reload",
    "/v1/models/{name}/card",
  ]) {
    assert.ok(route in body.paths, route);
  }
  const submit = (
    body.paths as Record<
      string,
      {
        post: {
          requestBody: { content: object };
          responses: Record<string, { description: string; content: object }>;
        };
      }
    >
  )["/v1/analyses"]?.post;
  assert.deepEqual(Object.keys(submit?.requestBody.content ?? {}), [
    "multipart/form-data",
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/tiff",
    "application/dicom",
    "application/octet-stream",
    "application/json",
  ]);
  const { description, content } = submit?.responses[422] ?? {};
  assert.deepEqual(Object.keys(content ?? {}), ["application/problem+json"]);
  for (const code of ["film-damaged", "film-too-small", "callback-refused", "idempotency-key-reused"]) {
    assert.ok(description?.includes(`\`${code}\``), code);
  }
});

test("a body that may be left out is not asked for, and nobody has the document made anew", async () => {
  type Operations = { paths: Record<string, { post: { requestBody: { required: boolean } } }> };
  const { body } = await system.client.request<Operations>("/openapi.json");
  assert.equal(body.paths["/v1/webhooks/{id}/rotate-secret"]?.post.requestBody.required, false);
  assert.equal(body.paths["/v1/webhooks"]?.post.requestBody.required, true);
  Client.refused(await system.client.request("/docs/yaml"), 404, "not-found");
});

test("the rendered reference comes from this server alone", async () => {
  const page = await fetch(`${system.client.url}/docs`);
  assert.equal(page.status, 200);
  const text = await page.text();
  const addresses = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "");
  assert.ok(addresses.length > 0);
  for (const address of addresses) {
    const { origin } = new URL(address, page.url);
    assert.equal(origin, new URL(page.url).origin);
  }
});
