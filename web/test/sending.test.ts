import "./support/fake-browser.js";
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, type TestContext, test } from "node:test";
import { ConnectionError, ProblemError } from "@osteon/client";
import { UnreadableError } from "../src/api/submit.js";
import { startMessages } from "../src/messages/catalogues.js";
import { exams } from "../src/state/exams.js";
import { sendExams, withdraw } from "../src/state/sending.js";
import { openSession, session } from "../src/state/session.js";
import { hasUnsent } from "../src/state/unsent.js";
import { refusalText, waitingText } from "../src/words/refusals.js";
import { FakeCall } from "./support/fake-browser.js";

const limits = { filmBytes: 1, filmPixels: 1, uploadBytes: 1, films: 1 };
const accepted = (id: string) =>
  JSON.stringify({ id, status: "queued", createdAt: "2026-01-01T00:00:00.000Z", films: [] });
const settled = () => new Promise(setImmediate);
const film = (name: string) => new File(["film"], name);
const send = (...files: File[]) => sendExams(files.map((file) => ({ films: [file], previews: [] })));
const only = () => {
  const [exam] = exams.get();
  assert.ok(exam);
  return exam;
};
const last = () => {
  const call = FakeCall.made.at(-1);
  assert.ok(call);
  return call;
};

beforeEach(() => {
  FakeCall.made = [];
  session.set({ auth: "off", signedIn: true, scopes: [], limits });
});
afterEach(async () => {
  for (const { key } of exams.get()) withdraw(key);
  await settled();
});

describe("films on their way", () => {
  /** Refuses in this way for half an hour, then accepts. */
  const waits = async (t: TestContext, refuse: (call: FakeCall) => void) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    send(film("a.jpg"));
    for (let tries = 1; tries <= 60; tries += 1) {
      refuse(last());
      await settled();
      assert.deepEqual([only().sending?.state, FakeCall.made.length, hasUnsent()], ["sending", tries, true]);
      // However long it went on, the next try is half a minute away at most.
      t.mock.timers.tick(30_000);
      await settled();
      assert.equal(FakeCall.made.length, tries + 1);
    }
    last().answer(202, accepted("a"));
    await settled();
    assert.deepEqual([only().analysis?.id, hasUnsent()], ["a", false]);
  };

  test("wait as long as there is no room", (t) => waits(t, (call) => call.answer(503, "{}")));
  test("wait as long as they are too many", (t) => waits(t, (call) => call.answer(429, "{}")));
  test("wait as long as nobody answers", (t) => waits(t, (call) => call.fail()));
  test("wait as long as a proxy's log-in page answers", (t) =>
    waits(t, (call) => call.answer(200, "<html>")));

  test("leave their place to others while an earlier try of theirs is under way still, and then are sent again", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    send(...["a", "b", "c", "d"].map(film));
    assert.equal(FakeCall.made.length, 3);
    FakeCall.made[0]?.answer(409, JSON.stringify({ status: 409, code: "idempotency-in-flight" }));
    await settled();
    assert.deepEqual(
      exams.get().map(({ sending }) => sending?.state),
      ["waiting", "sending", "sending", "sending"],
    );
    assert.equal(FakeCall.made.length, 4);
    // Its time has come, and a place is free.
    t.mock.timers.tick(1000);
    FakeCall.made[1]?.answer(202, accepted("b"));
    await settled();
    const [first] = FakeCall.made;
    assert.equal(FakeCall.made.length, 5);
    assert.equal(last().headers.get("idempotency-key"), first?.headers.get("idempotency-key"));
    last().answer(202, accepted("a"));
    await settled();
    assert.equal(exams.get()[0]?.analysis?.id, "a");
  });

  test("are given up where they alone get no answer, so that others go on", async (t) => {
    const view = { auth: "off", signedIn: true, scopes: [], limits };
    t.mock.method(globalThis, "fetch", async () => Response.json(view));
    t.mock.timers.enable({ apis: ["setTimeout"] });
    send(film("a.jpg"));
    for (let tries = 1; tries <= 20; tries += 1) {
      assert.equal(only().sending?.state, "sending");
      last().fail();
      await settled();
      t.mock.timers.tick(30_000);
      await settled();
    }
    assert.deepEqual([only().sending?.state, FakeCall.made.length], ["refused", 20]);
    assert.ok(only().sending?.problem instanceof ConnectionError);
  });

  test("are refused where the file is gone, and hold up no other", async () => {
    const gone = film("gone.jpg");
    gone.slice = () => {
      throw new DOMException("gone", "NotReadableError");
    };
    send(gone);
    last().fail();
    await settled();
    assert.equal(only().sending?.state, "refused");
    assert.ok(only().sending?.problem instanceof UnreadableError);
    send(film("b.jpg"), film("c.jpg"), film("d.jpg"));
    assert.equal(FakeCall.made.length, 4);
  });

  test("are taken back while they are sent, while they wait for room, and before either", async () => {
    send(...["a", "b", "c", "d"].map(film));
    const [first, second, third, fourth] = exams.get();
    assert.ok(first && second && third && fourth);
    assert.equal(FakeCall.made.length, 3);
    withdraw(fourth.key);
    FakeCall.made[1]?.answer(503, "{}");
    await settled();
    withdraw(second.key);
    withdraw(first.key);
    await settled();
    assert.deepEqual(
      [exams.get().map(({ key }) => key), FakeCall.made.map(({ aborted }) => aborted)],
      [[third.key], [true, false, false]],
    );
    // Their places are free.
    send(...["e", "f"].map(film));
    assert.equal(FakeCall.made.length, 5);
  });

  test("are sent in the name of the session that the page believes in", async (t) => {
    const view = { auth: "keys", signedIn: true, tenant: "a", key: "key-of-a", scopes: [], limits };
    t.mock.method(globalThis, "fetch", async () => Response.json(view));
    await openSession();
    send(film("a.jpg"));
    assert.equal(last().headers.get("x-osteon-session"), "key-of-a");
  });
});

test("only what is in the list to be sent is told to go by itself", async () => {
  await startMessages(["en"], {});
  const away = new ConnectionError("No answer.");
  const full = new ProblemError({ status: 503, code: "overloaded", title: "Overloaded" }, 7);
  assert.match(waitingText(away), /is sent as soon as it can/);
  assert.match(waitingText(full), /is sent as soon as there is room/);
  const earlier = new ProblemError({ status: 409, code: "idempotency-in-flight", title: "Still in flight" });
  assert.match(waitingText(earlier), /is sent again within half a minute/);
  assert.match(refusalText(away), /nothing was done, try again/);
  assert.equal(refusalText(full), "Too many requests: try again in 7 s.");
  for (const code of ["overloaded", "share-exceeded", "rate-limited"])
    assert.equal(refusalText(new ProblemError({ status: 429, code })), "Too many requests: try again soon.");
  assert.equal(refusalText(new UnreadableError()), "The file cannot be read");
});
