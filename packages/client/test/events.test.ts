import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Analysis, ConnectionError, Osteon, ProblemError } from "../src/index.js";
import { analysis, broken, id, problem, type Step, scripted } from "./server.js";

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
