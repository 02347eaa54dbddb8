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
import { broken, json, ScriptedServer, type Step } from "./server.js";

const id = "01970000-0000-7000-8000-000000000000";
const analysis = (status: Analysis["status"]): Analysis => ({
  id,
  status,
  createdAt: "2026-01-01T00:00:00.000Z",
  films: [],
  timings: {},
  links: { self: `/v1/analyses/${id}`, events: `/v1/analyses/${id}/events` },
  disclaimer: "Research use only. Not a medical device.",
});
const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  json(status, { code, status, title: "T", detail: "D", requestId: "r" }, headers);

/** An address to put a film to, at the very server. */
const opened: Step = (request, response) => {
  const url = `http://${request.headers.host}/store/u-1?signature=secret`;
  json(201, { id: "u-1", method: "PUT", url, headers: {}, expiresAt: "" })(request, response);
};

async function scripted(use: (server: ScriptedServer) => Promise<void>, ...steps: Step[]): Promise<void> {
  const server = await ScriptedServer.start(...steps);
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}

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

test("a key that no header takes is refused at once, and not told", async () => {
  for (const key of ["osk_one\nosk_two", "osk one", "osk_\u2026"]) {
    assert.throws(
      () => new Osteon({ url: "http://osteon.invalid", key }),
      (error: unknown) => error instanceof TypeError && !error.message.includes("osk"),
    );
  }
  const sent: (string | null)[] = [];
  const client = new Osteon({
    url: "http://osteon.invalid",
    key: "osk_test\n",
    fetch: async (_url, init) => {
      sent.push(new Headers(init?.headers).get("authorization"));
      return Response.json(analysis("completed"));
    },
  });
  await client.get(id);
  assert.deepEqual(sent, ["Bearer osk_test"]);
});

test("a url that fetch can send nothing to is refused at once", () => {
  for (const url of ["127.0.0.1:8080", "localhost:8080", "osteon", "ftp://osteon.invalid", ""])
    assert.throws(() => new Osteon({ url }), /begin with http/, url);
  for (const url of [
    "https://me:hunter2@osteon.invalid",
    "ftp://me:hunter2@osteon.invalid",
    "https://hunter2@x",
  ])
    assert.throws(
      () => new Osteon({ url }),
      (error: unknown) => error instanceof TypeError && !error.message.includes("hunter2"),
    );
});

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

test("all pages of a list are one iteration", () =>
  scripted(
    async ({ client, requests }) => {
      const found = [];
      for await (const each of client.all({ limit: 1, status: "completed", reference: undefined }))
        found.push(each.id);
      assert.deepEqual(found, [id, id]);
      assert.deepEqual(
        requests.map(({ url }) => url),
        ["/v1/analyses?limit=1&status=completed", "/v1/analyses?limit=1&status=completed&cursor=c"],
      );
    },
    json(200, { data: [analysis("completed")], nextCursor: "c" }),
    json(200, { data: [analysis("completed")] }),
  ));

describe("events", () => {
  const stream =
    (text: string, end: boolean): Step =>
    (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(text, () => (end ? response.end() : response.socket?.destroy()));
    };
  const event = (name: string, status: Analysis["status"]) =>
    `id: ${name}\nevent: ${status}\ndata: ${JSON.stringify(analysis(status))}\n\n`;

  test("come back with Last-Event-ID where the connection breaks, in the middle of an event too", () =>
    scripted(
      async ({ client, requests }) => {
        const told = [];
        for await (const { id: name, type } of client.events(id)) told.push([name, type]);
        assert.deepEqual(told, [
          ["1", "queued"],
          ["2", "processing"],
          ["3", "completed"],
        ]);
        assert.deepEqual(
          requests.map(({ headers }) => headers["last-event-id"]),
          [undefined, "1", "1", "2"],
        );
      },
      stream(`retry: 1\n\n: alive\n\n${event("1", "queued")}`, false),
      stream(event("2", "processing").slice(0, -1), false),
      stream(event("2", "processing").replaceAll("\n", "\r\n"), true),
      stream(event("3", "completed"), true),
    ));

  test("have any text in them, line separators of other languages too", () =>
    scripted(
      async ({ client }) => {
        const told = [];
        for await (const { analysis: each } of client.events(id)) told.push(each.reference);
        assert.deepEqual(told, ["a\u2028b\u2029c"]);
      },
      stream(`data:${JSON.stringify({ ...analysis("completed"), reference: "a\u2028b\u2029c" })}\n\n`, true),
    ));

  test("of a gateway that never answered are given up as any call is", () =>
    scripted(
      async ({ client, requests }) => {
        await assert.rejects(client.events(id).next(), ConnectionError);
        assert.equal(requests.length, 5);
      },
      ...Array.from({ length: 20 }, () => broken),
    ));

  test("are given up where the server greets and tells nothing", () =>
    scripted(
      async ({ client, requests }) => {
        await assert.rejects(client.events(id).next(), ConnectionError);
        assert.equal(requests.length, 9);
      },
      ...Array.from({ length: 20 }, () => stream("retry: 1\n\n: alive\n\n", true)),
    ));

  test("are waited for as long as the server beats, over however many streams", async (t) => {
    t.mock.timers.enable({ apis: ["Date"] });
    let opened = 0;
    const beats = () => {
      const steps = ["retry: 1\n\n", () => t.mock.timers.tick(15_000), ": alive\n\n"];
      return new ReadableStream<Uint8Array>(
        {
          pull: (controller) => {
            const step = steps.shift();
            if (step === undefined) return controller.close();
            if (typeof step === "string") return controller.enqueue(new TextEncoder().encode(step));
            step();
            controller.enqueue(new Uint8Array());
          },
        },
        { highWaterMark: 0 },
      );
    };
    const client = new Osteon({
      url: "http://osteon.invalid",
      fetch: async () => {
        opened += 1;
        const body = opened <= 12 ? beats() : event("2", "completed");
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      },
    });
    const told = [];
    for await (const { type } of client.events(id, { lastEventId: "1" })) told.push(type);
    assert.deepEqual([opened, told], [13, ["completed"]]);
  });

  test("are no page that something between answers", () =>
    scripted(
      async ({ client, requests }) => {
        await assert.rejects(client.events(id).next(), /no event stream but text\/html/);
        assert.equal(requests.length, 1);
      },
      (_request, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
    ));

  test("end where the last that was seen is the end", () =>
    scripted(
      async ({ client }) => {
        for await (const each of client.events(id, { lastEventId: "3" })) assert.fail(each.type);
      },
      (_request, response) => response.writeHead(204).end(),
    ));

  test("of what is not there are a problem", () =>
    scripted(
      async ({ client }) => {
        await assert.rejects(client.events(id).next(), ProblemError);
      },
      problem(404, "analysis-not-found"),
    ));
});
