import "./support/fake-browser.js";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Analysis } from "@osteon/client";
import { exams, removeExam } from "../src/state/exams.js";
import { connection, followAnalyses } from "../src/state/feed.js";
import { sendExams, withdraw } from "../src/state/sending.js";
import { openSession } from "../src/state/session.js";
import { FakeStream, network, page } from "./support/fake-browser.js";

const view = { auth: "off", signedIn: true, scopes: [], limits: { filmBytes: 1, uploadBytes: 1, films: 1 } };
const analysis = (id: string) =>
  ({ id, status: "completed", createdAt: new Date().toISOString(), films: [] }) as Partial<Analysis>;
const listed = () => exams.get().map(({ key }) => key);
const last = () => {
  const stream = FakeStream.opened.at(-1);
  assert.ok(stream);
  return stream;
};

/** What the gateway's list answers, once it does. */
let list: Promise<object[]>;
let end = () => {};
beforeEach((t) => {
  assert.ok("mock" in t);
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  t.mock.method(globalThis, "fetch", async (url: string | URL | Request) =>
    String(url).includes("/v1/session") ? Response.json(view) : Response.json({ data: await list }),
  );
  list = Promise.resolve([]);
  network.onLine = true;
  FakeStream.opened = [];
  end = followAnalyses();
});
afterEach(() => {
  end();
  for (const key of listed()) removeExam(key);
});

test("a stream that another follows at once is no loss, however often, and one that none follows is", (t) => {
  const states: string[] = [];
  const leave = connection.subscribe(() => states.push(connection.get()));
  last().tell("missed");
  for (let times = 1; times <= 5; times += 1) {
    last().tell("error");
    t.mock.timers.tick(1_000);
    assert.equal(FakeStream.opened.length, times + 1);
    last().tell("missed");
    t.mock.timers.tick(10_000);
  }
  assert.deepEqual(states, ["live"]);
  last().tell("error");
  for (let tries = 0; tries < 3; tries += 1) {
    t.mock.timers.tick(999);
    last().tell("error");
  }
  assert.deepEqual(states, ["live"]);
  t.mock.timers.tick(3);
  assert.deepEqual(states, ["live", "lost"]);
  t.mock.timers.tick(10_000);
  last().tell("missed");
  assert.deepEqual(states, ["live", "lost", "live"]);
  leave();
});

test("without a network the loss is told at once, and a hidden page tells none", (t) => {
  last().tell("missed");
  last().tell("error");
  page.show(false);
  t.mock.timers.tick(60_000);
  assert.equal(connection.get(), "live");
  page.show(true);
  network.onLine = false;
  window.dispatchEvent(new Event("offline"));
  assert.equal(connection.get(), "lost");
});

test("the day is the gateway's, and what is sent now is the newest, however wrong this machine's clock is", async (t) => {
  const heads = { date: new Date().toUTCString(), "cache-control": "no-store" };
  const day = 24 * 3600 * 1000;
  const ago = (id: string, ms: number) => ({
    ...analysis(id),
    createdAt: new Date(Date.now() - ms).toISOString(),
  });
  const [recent, older] = [ago("recent", day / 2), ago("older", 2 * day)];
  for (const wrong of [3 * day, -3 * day, 0]) {
    t.mock.timers.setTime(Date.parse(heads.date) + wrong);
    t.mock.method(globalThis, "fetch", async (url: string | URL | Request) =>
      String(url).includes("/v1/session")
        ? Response.json(view, { headers: heads })
        : Response.json({ data: [recent, older] }),
    );
    await openSession();
    sendExams([{ films: [new File(["film"], "new.jpg")], previews: [] }]);
    const took = new Promise<void>((resolve) => {
      const leave = exams.subscribe(() => {
        if (!listed().includes("recent")) return;
        leave();
        resolve();
      });
    });
    last().tell("missed");
    await took;
    assert.deepEqual(
      exams.get().map(({ analysis: known }) => known?.id),
      [undefined, "recent"],
    );
    for (const key of listed()) withdraw(key);
  }
});

test("what was erased does not come back by what was read before", async (t) => {
  let answer = (_: object[]) => {};
  list = new Promise((resolve) => {
    answer = resolve;
  });
  last().tell("missed");
  last().tell("analysis", analysis("gathered"));
  last().tell("analysis", analysis("stays"));
  last().tell("erased", { id: "gathered" });
  last().tell("erased", { id: "on-the-page" });
  t.mock.timers.tick(100);
  assert.deepEqual(listed(), ["stays"]);
  const took = new Promise<void>((resolve) => {
    const leave = exams.subscribe(() => {
      if (!listed().includes("other")) return;
      leave();
      resolve();
    });
  });
  answer([analysis("on-the-page"), analysis("gathered"), analysis("other")]);
  await took;
  assert.deepEqual(listed().sort(), ["other", "stays"]);
});

test("the first look takes in the whole day, a page after another, and no more", async (t) => {
  const ofDay = 299;
  const day = 24 * 3600 * 1000;
  const all = Array.from({ length: 500 }, (_, at) => ({
    ...analysis(`no ${at}`),
    createdAt: new Date(Date.now() - at - (at < ofDay ? 0 : day)).toISOString(),
  }));
  const asked: number[] = [];
  let underWay = 0;
  t.mock.method(globalThis, "fetch", async (url: string | URL | Request) => {
    const { pathname, searchParams } = new URL(String(url), location.origin);
    if (pathname === "/v1/session") return Response.json(view);
    const from = Number(searchParams.get("cursor"));
    asked.push(from);
    underWay += 1;
    assert.equal(underWay, 1);
    await Promise.resolve();
    underWay -= 1;
    return Response.json({ data: all.slice(from, from + 100), nextCursor: String(from + 100) });
  });
  const took = new Promise<void>((resolve) => {
    const leave = exams.subscribe(() => {
      if (!listed().includes(`no ${ofDay - 1}`)) return;
      leave();
      resolve();
    });
  });
  last().tell("missed");
  await took;
  // Another page would be asked for by then.
  await new Promise(setImmediate);
  assert.equal(exams.get().length, ofDay);
  assert.deepEqual(asked, [0, 100, 200]);
});
