import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { ProblemError } from "@osteon/shared";
import type { FastifyReply } from "fastify";
import { EventStream } from "../src/streams/event-stream.js";

/** What a stream needs of an answer, and what came of it. */
class FakeAnswer extends EventEmitter {
  readonly written: string[] = [];
  destroyed = false;
  finished = false;
  writableLength = 0;
  writeHead(): void {}
  flushHeaders(): void {}
  write(text: string): void {
    this.written.push(text);
  }
  end(): void {
    this.finished = true;
  }
  destroy(): void {
    this.destroyed = true;
  }
  setTimeout(_milliseconds: number, cut: () => void): void {
    this.once("timeout", cut);
  }
}

const good = async (): Promise<ProblemError | undefined> => undefined;

function open(raw = new FakeAnswer(), refusal = good, key: { expiresAt?: string } | null = null) {
  const closing = new AbortController();
  const request = { refusal, key };
  const reply = { raw, request, hijack: () => undefined, getHeaders: () => ({}) } as unknown as FastifyReply;
  const stream = new EventStream(reply, { heartbeat: "beat", closing: closing.signal });
  return { stream, raw, closing };
}

test("a stream beats, and ends after ten minutes", (t) => {
  t.mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
  const { stream, raw } = open();
  let left = 0;
  stream.onEnd(() => {
    left += 1;
  });
  t.mock.timers.tick(10 * 60_000 - 1);
  assert.deepEqual([stream.ended, raw.written.length], [false, 39]);
  t.mock.timers.tick(1);
  assert.deepEqual([stream.ended, raw.finished, left], [true, true, 1]);
  const { length } = raw.written;
  t.mock.timers.tick(60_000);
  raw.emit("close");
  assert.deepEqual([raw.written.length, left], [length, 1]);
});

test("a stream ends with its key, to the moment", (t) => {
  t.mock.timers.enable({
    apis: ["setInterval", "setTimeout", "Date"],
    now: Date.parse("2026-01-01T00:00:00Z"),
  });
  const { stream } = open(new FakeAnswer(), good, { expiresAt: "2026-01-01T00:00:07Z" });
  t.mock.timers.tick(6_999);
  assert.equal(stream.ended, false);
  t.mock.timers.tick(1);
  assert.equal(stream.ended, true);
});

test("a stream ends with the session that it was opened in, five seconds later at most", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
  let refusal: ProblemError | undefined;
  const { stream, raw } = open(new FakeAnswer(), async () => refusal);
  t.mock.timers.tick(5_000);
  await Promise.resolve();
  assert.equal(stream.ended, false);
  refusal = new ProblemError("session-over");
  t.mock.timers.tick(5_000);
  await Promise.resolve();
  assert.deepEqual([stream.ended, raw.finished], [true, true]);
});

test("nothing is left of a client that went before its stream began", (t) => {
  t.mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
  const raw = new FakeAnswer();
  raw.destroyed = true;
  const { stream } = open(raw);
  let left = false;
  stream.onEnd(() => {
    left = true;
  });
  stream.write("x");
  t.mock.timers.tick(60_000);
  assert.deepEqual([stream.ended, left, raw.written], [true, true, []]);
});

test("a stream ends with its client, with the gateway, and where it is not read", (t) => {
  t.mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
  const [gone, closed, full] = [open(), open(), open()];
  gone.raw.emit("close");
  closed.closing.abort();
  full.raw.writableLength = 2 * 1024 * 1024;
  full.stream.write("x");
  assert.deepEqual(
    [gone, closed, full].map(({ stream }) => stream.ended),
    [true, true, true],
  );
  assert.equal(full.raw.destroyed, true, "what it has not read lies in no memory");
  // Who reads the end has read it all, and who does not is cut off.
  assert.equal(closed.raw.destroyed, false);
  closed.raw.emit("timeout");
  assert.equal(closed.raw.destroyed, true);
});
