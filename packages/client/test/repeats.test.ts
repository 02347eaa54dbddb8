import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Osteon, OsteonError, ProblemError } from "../src/index.js";
import { analysis, broken, id, json, problem, scripted } from "./server.js";

describe("repeats", () => {
  test("a submission goes through broken connections and busy servers under one key", () =>
    scripted(
      async ({ client, requests }) => {
        assert.equal((await client.submit(new Uint8Array([1]))).status, "queued");
        const keys = requests.map(({ headers }) => headers["idempotency-key"]);
        assert.equal(keys.length, 4);
        assert.equal(new Set(keys).size, 1);
        assert.match(String(keys[0]), /^"[0-9a-f]{32}"$/);
        assert.equal(requests[0]?.headers.authorization, "Bearer osk_test");
      },
      broken,
      problem(503, "overloaded"),
      problem(409, "idempotency-in-flight", { "retry-after": "0" }),
      json(202, analysis("queued")),
    ));

  test("what the server refuses for good is not repeated", () =>
    scripted(
      async ({ client, requests }) => {
        await assert.rejects(client.submit(new Uint8Array([1])), (error: unknown) => {
          assert.ok(error instanceof ProblemError);
          assert.deepEqual([error.status, error.code, error.requestId], [422, "film-damaged", "r"]);
          return true;
        });
        assert.equal(requests.length, 1);
      },
      problem(422, "film-damaged"),
    ));

  test("a POST that is not the same twice is not repeated where it is not known what became of it", async () => {
    const stated = [broken, problem(503, "store-unavailable"), json(503, {}), problem(500, "internal-error")];
    for (const became of stated)
      await scripted(async ({ client, requests }) => {
        await assert.rejects(client.webhooks.create({ url: "https://x.example" }), OsteonError);
        assert.equal(requests.length, 1);
      }, became);
    for (const refused of [problem(503, "shutting-down"), problem(429, "rate-limited")])
      await scripted(
        async ({ client }) => void (await client.webhooks.create({ url: "https://x.example" })),
        refused,
        json(201, {}),
      );
  });

  test("a Retry-After that is too long is the caller's", () =>
    scripted(
      async ({ client, requests }) => {
        await assert.rejects(
          client.get(id),
          (error: unknown) => error instanceof ProblemError && error.retryAfter === 900,
        );
        assert.equal(requests.length, 1);
      },
      problem(429, "rate-limited", { "retry-after": "900" }),
    ));

  test("an erasure whose answer was lost has succeeded; one of what never was has not", async () => {
    await scripted(async ({ client }) => client.erase(id), broken, problem(404, "analysis-not-found"));
    await scripted(
      async ({ client }) => {
        await assert.rejects(client.erase(id), ProblemError);
      },
      problem(404, "analysis-not-found"),
    );
    await scripted(
      async ({ client }) => {
        await assert.rejects(client.erase(id), ProblemError, "a refusal for now did nothing");
      },
      problem(429, "rate-limited", { "retry-after": "0" }),
      problem(404, "analysis-not-found"),
    );
  });

  test("an answer without content is read where the browser gives it an empty body, too", async () => {
    let calls = 0;
    const fetch: typeof globalThis.fetch = async () => {
      calls += 1;
      return Object.defineProperty(new Response(null, { status: 204 }), "body", {
        value: new ReadableStream(),
      });
    };
    await new Osteon({ url: "http://osteon.invalid", pauseMs: 1, fetch }).erase(id);
    assert.equal(calls, 1, "an erasure that succeeded is not made again");
  });

  test("another server's JSON is no problem of ours", async () => {
    for (const body of [
      { errors: { film: ["is needed"] }, title: null },
      { detail: [{ msg: "is needed" }], code: 7, errors: [null, "x", { detail: "d", pointer: "#/p" }] },
      ["x"],
    ])
      await scripted(
        async ({ client }) => {
          await assert.rejects(client.get(id), (error: unknown) => {
            assert.ok(error instanceof ProblemError);
            assert.deepEqual([error.code, error.detail], ["http-error", "HTTP 400"]);
            assert.ok(error.errors.every((each) => each.pointer === "#/p"));
            return true;
          });
        },
        json(400, body),
      );
  });

  test("an answer that is no problem is told as what it is", () =>
    scripted(
      async ({ client }) => {
        await assert.rejects(
          client.cancel(id),
          (error: unknown) =>
            error instanceof ProblemError && error.code === "http-error" && error.status === 403,
        );
      },
      (_request, response) => response.writeHead(403).end("<html>forbidden</html>"),
    ));

  for (const status of [301, 302, 303, 307, 308]) {
    test(`a submission is not redirected by ${status}: it would become another call`, () =>
      scripted(
        async ({ client, requests }) => {
          await assert.rejects(client.submit(new Uint8Array([1])), (error: unknown) => {
            assert.ok(error instanceof ProblemError);
            assert.equal(error.status, status);
            assert.match(error.message, /POST is redirected to https:\/\/osteon\.example\/v1\/analyses and/);
            assert.doesNotMatch(error.message, /secret/);
            return true;
          });
          assert.equal(requests.length, 1);
        },
        (_request, response) =>
          response
            .writeHead(status, { location: "https://u:secret@osteon.example/v1/analyses?secret=1" })
            .end(),
      ));
  }

  test("a question is redirected", () =>
    scripted(
      async ({ client, requests }) => {
        assert.equal((await client.get(id)).status, "completed");
        assert.equal(requests.length, 2);
      },
      (_request, response) => response.writeHead(307, { location: "/elsewhere" }).end(),
      json(200, analysis("completed")),
    ));

  test("an abort ends a call", () =>
    scripted(
      async ({ client }) => {
        const over = new AbortController();
        const reason = new Error("enough");
        const call = client.get(id, { signal: over.signal });
        over.abort(reason);
        await assert.rejects(call, reason);
      },
      json(200, analysis("completed")),
    ));

  test("an abort ends the pause between two calls", { timeout: 20_000 }, (t) =>
    scripted(
      async ({ client, requests }) => {
        const over = new AbortController();
        const reason = new Error("enough");
        const { setTimeout: really } = globalThis;
        const pausing = new Promise<void>((resolve) => {
          t.mock.method(globalThis, "setTimeout", (step: () => void, ms: number) => {
            if (ms === 30_000) resolve();
            return really(step, ms);
          });
        });
        const call = client.get(id, { signal: over.signal });
        const refused = assert.rejects(call, reason);
        await pausing;
        over.abort(reason);
        await refused;
        assert.equal(requests.length, 1);
      },
      problem(503, "overloaded", { "retry-after": "30" }),
      json(200, analysis("completed")),
    ),
  );
});
