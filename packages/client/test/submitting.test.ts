import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import {
  type Analysis,
  ConnectionError,
  type FilmInput,
  Osteon,
  OsteonError,
  ProblemError,
  TimeoutError,
} from "../src/index.js";
import { analysis, broken, id, json, opened, problem, scripted } from "./server.js";

describe("submitting", () => {
  test("an idempotency key goes as a string of the header's syntax, or is refused before anything is sent", () =>
    scripted(
      async ({ client, requests }) => {
        const submit = async (idempotencyKey: string) =>
          client.submit(new Uint8Array([1]), { idempotencyKey });
        for (const key of ["", "Ärztin", "two\nlines", "x".repeat(256)])
          await assert.rejects(submit(key), TypeError, key);
        await submit('a "b" \\ c');
        assert.deepEqual(
          requests.map(({ headers }) => headers["idempotency-key"]),
          ['"a \\"b\\" \\\\ c"'],
        );
      },
      json(202, analysis("queued")),
    ));

  test("the form has the fields first, then films and uploads in their order, names where they have any", async () => {
    let form: FormData | undefined;
    const client = new Osteon({
      url: "http://osteon.invalid",
      fetch: async (_url, init) => {
        form = init?.body as FormData;
        return Response.json(analysis("queued"), { status: 202 });
      },
    });
    const films: FilmInput[] = [
      new File(["a"], "ap.jpg"),
      { data: new Uint8Array([1, 2]), name: "lateral.jpg" },
      { upload: "u-1" },
      new Uint8Array([3]).buffer,
      { data: new Uint8Array([4, 5]), name: undefined },
      { data: new File(["b"], "b.jpg") },
      { data: new File(["c"], "c.jpg"), name: "shown.jpg" },
      { data: new File(["d"], "d.jpg"), name: "" },
    ];
    await client.submit(films, {
      reference: "r",
      callbackUrl: undefined,
      regionHint: "hand",
      priority: "urgent",
      idempotencyKey: undefined,
    });
    assert.ok(form);
    assert.deepEqual(
      [...form].map(([name, value]) => [
        name,
        typeof value === "string" ? value : `${value.name}:${value.size}`,
      ]),
      [
        ["reference", "r"],
        ["regionHint", "hand"],
        ["priority", "urgent"],
        ["film", "ap.jpg:1"],
        ["film", "lateral.jpg:2"],
        ["upload", "u-1"],
        ["film", ":1"],
        ["film", ":2"],
        ["film", "b.jpg:1"],
        ["film", "shown.jpg:1"],
        ["film", ":1"],
      ],
    );
  });

  test("analyze waits for the end, over as many questions as it takes", () =>
    scripted(
      async ({ client, requests }) => {
        assert.equal((await client.analyze(new Uint8Array([1]))).status, "completed");
        assert.deepEqual(
          requests.map(({ method, url }) => `${method} ${url}`),
          ["POST /v1/analyses", `GET /v1/analyses/${id}?wait=30`],
        );
      },
      json(202, analysis("queued")),
      json(200, analysis("completed")),
    ));

  test("a server that is away for a while ends no wait, and whoever gives up knows what was accepted", async () => {
    const away = Array.from({ length: 12 }, (_, at) => (at % 2 === 0 ? broken : problem(503, "overloaded")));
    await scripted(
      async ({ client }) => {
        assert.equal((await client.analyze(new Uint8Array([1]))).status, "completed");
      },
      json(202, analysis("queued")),
      ...away,
      json(200, analysis("completed")),
    );
    await scripted(
      async ({ client, requests }) => {
        await assert.rejects(
          client.analyze(new Uint8Array([1])),
          (error: unknown) => error instanceof ConnectionError && error.analysisId === id,
        );
        assert.equal(requests.length, 1 + 8 * 5);
      },
      json(202, analysis("queued")),
      ...Array.from({ length: 40 }, () => broken),
    );
    await scripted(
      async ({ client }) => {
        await assert.rejects(
          client.analyze(new Uint8Array([1])),
          (error: unknown) => error instanceof ProblemError && error.analysisId === undefined,
        );
      },
      problem(422, "film-damaged"),
    );
  });

  test("a first request that is at it still is waited for, however often a broken connection may be", () =>
    scripted(
      async ({ client }) => {
        assert.equal((await client.submit(new Uint8Array([1]))).status, "queued");
      },
      ...Array.from({ length: 9 }, () => problem(409, "idempotency-in-flight", { "retry-after": "0" })),
      json(202, analysis("queued")),
    ));

  for (const [what, answers] of Object.entries({
    "No analysis was accepted": [],
    [`The analysis ${id} has not ended`]: [json(202, analysis("queued"))],
  })) {
    test(`analyze gives up in its time where the server is silent: ${what}`, (t) => {
      t.mock.timers.enable({ apis: ["setTimeout"] });
      return scripted(
        async ({ client }) => {
          await assert.rejects(
            client.analyze(new Uint8Array([1]), { timeoutSeconds: 2 }),
            (error: unknown) => error instanceof OsteonError && error.message === `${what} after 2 s.`,
          );
        },
        ...answers,
        // The time passes only now, however long the machine took to come here.
        () => t.mock.timers.tick(2_000),
      );
    });
  }

  test("a try has time for its body, by the body's size", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const slowly: typeof fetch = (_url, { signal } = {}) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
        setTimeout(() => resolve(Response.json(analysis("queued"), { status: 202 })), 200);
      });
    const client = new Osteon({ url: "http://127.0.0.1", retries: 0, timeoutMs: 20, fetch: slowly });
    const after = async (ms: number, call: Promise<Analysis>) => {
      await setImmediate();
      t.mock.timers.tick(ms);
      return call;
    };
    await assert.rejects(after(20, client.get(id)), /no answer within 20 ms/);
    await assert.rejects(after(50, client.submit(new Uint8Array(16 * 30))), /no answer within 50 ms/);
    assert.equal((await after(200, client.submit(new Uint8Array(16 * 5_000)))).status, "queued");
  });

  for (const status of [200, 500])
    test(`an answer (${status}) may take its time, and is given up where it falls silent`, async (t) => {
      t.mock.timers.enable({ apis: ["setTimeout"] });
      const answer = JSON.stringify(analysis("queued"));
      /** What is asked for, and how it is told piece by piece; it is cut as the client breaks it off. */
      const asked = () => {
        let body: ReadableStreamDefaultController<Uint8Array> | undefined;
        const fetch: typeof globalThis.fetch = async (_url, { signal } = {}) => {
          const stream = new ReadableStream<Uint8Array>({
            start: (controller) => {
              body = controller;
            },
          });
          signal?.addEventListener("abort", () => body?.error(signal.reason));
          return new Response(stream, { status });
        };
        const client = new Osteon({ url: "http://127.0.0.1", retries: 0, timeoutMs: 1_000, fetch });
        const got = client.get(id).then(
          (value) => value.status,
          (error: Error) => error.message,
        );
        const say = async (text: string) => {
          await setImmediate();
          body?.enqueue(new TextEncoder().encode(text));
          await setImmediate();
        };
        return { got, say, end: () => body?.close() };
      };
      const whole = asked();
      for (const letter of answer) {
        await whole.say(letter);
        t.mock.timers.tick(999);
      }
      whole.end();
      assert.match(await whole.got, status === 200 ? /^queued$/ : /^http-error/);
      const broken = asked();
      await broken.say(answer.slice(0, 9));
      t.mock.timers.tick(1_000);
      assert.match(await broken.got, status === 200 ? /its answer was silent for 1000 ms/ : /^http-error/);
    });

  test("the time goes over pauses before repeats too", () =>
    scripted(
      async ({ client }) => {
        await assert.rejects(client.wait(id, { timeoutSeconds: 0.2 }), (error: unknown) => {
          assert.ok(error instanceof TimeoutError);
          assert.match(error.message, /has not ended after 0\.2 s\./);
          return true;
        });
      },
      problem(503, "overloaded", { "retry-after": "30" }),
    ));

  test("an upload goes past the gateway through broken connections and busy stores, without the key", () =>
    scripted(
      async ({ client, requests }) => {
        assert.deepEqual(await client.upload(new Uint8Array([1, 2])), { upload: "u-1" });
        assert.deepEqual(
          requests.map(({ method, url, headers }) => [method, url, headers.authorization]),
          [
            ["POST", "/v1/uploads", "Bearer osk_test"],
            ["PUT", "/store/u-1?signature=secret", undefined],
            ["PUT", "/store/u-1?signature=secret", undefined],
            ["PUT", "/store/u-1?signature=secret", undefined],
          ],
        );
        assert.equal(requests[3]?.headers["content-length"], "2");
      },
      opened,
      broken,
      (_request, response) => response.writeHead(503).end("<Error>SlowDown</Error>"),
      (_request, response) => response.writeHead(200).end(),
    ));

  test("a store that is away, or that refuses the film, is told without the address's secrets", async () => {
    await scripted(
      async ({ client }) => {
        await assert.rejects(
          client.upload(new Uint8Array([1])),
          (error: unknown) => error instanceof ConnectionError && !/secret/.test(error.message),
        );
      },
      opened,
      ...Array.from({ length: 5 }, () => broken),
    );
    await scripted(
      async ({ client }) => {
        await assert.rejects(
          client.upload(new Uint8Array([1])),
          (error: unknown) => error instanceof ProblemError && /did not take .*403/.test(error.message),
        );
      },
      opened,
      (_request, response) => response.writeHead(403).end(),
    );
  });

  test("a wait that is over is an error", () =>
    scripted(
      async ({ client }) => {
        await assert.rejects(client.wait(id, { timeoutSeconds: 0 }), OsteonError);
      },
      json(200, analysis("processing")),
    ));
});
