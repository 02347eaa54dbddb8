import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { type AnalyzeReport, analyzeCommand } from "../../src/analyze/command.js";
import { DataDirLock } from "../../src/lock.js";
import { StartError } from "../../src/start-error.js";
import { FakeGateway, type Script } from "../support/fake-gateway.js";
import { temporary } from "../support/temporary.js";

const fracture = { label: "fractured", probability: 0.91234, certainty: "positive" } as const;
const script: Script = (name) => {
  if (name === "small.png") return { problem: 422 };
  if (name === "skull.png")
    return { outcome: "not-identified", bodyPart: { label: "none", probability: 0.9 } };
  if (name === "sick.png") {
    return { status: "failed", error: { code: "film-damaged", title: "Damaged film", detail: "it broke" } };
  }
  return { outcome: "analysed", bodyPart: { label: "hand", probability: 0.99 }, fracture };
};

async function analyze(t: TestContext, names: string[], { json = false, early = 1 } = {}) {
  const cwd = temporary(t);
  for (const name of names) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), "film");
  }
  const gateway = await FakeGateway.start(t, script);
  gateway.early = early;
  const printed: string[] = [];
  const said: string[] = [];
  const code = await analyzeCommand(["."], {
    json,
    verbose: false,
    cwd,
    url: gateway.url,
    print: (text) => printed.push(text),
    say: (text) => said.push(text),
  });
  return { code, printed: printed.join("\n"), said: said.join("\n"), gateway, cwd };
}

test("a table of all films, in their order", async (t) => {
  const { code, printed, said } = await analyze(t, ["a b.png", "skull.png", "手.png", "notes.txt"]);
  assert.equal(code, 0);
  assert.equal(
    printed,
    [
      "File       Part  Result          Probability  Certainty",
      "---------  ----  --------------  -----------  ---------",
      "a b.png    hand  fractured       0.912        positive",
      "skull.png  none  not-identified",
      "手.png     hand  fractured       0.912        positive",
      "",
      "Research use only. Not a medical device.",
    ].join("\n"),
  );
  assert.match(said, /Left out, no films by their names or not to be read: 1 \(notes.txt\)/);
});

test("a film that is refused or fails is told by its problem's title, and makes the code 1", async (t) => {
  const refused = await analyze(t, ["small.png", "good.png"]);
  assert.equal(refused.code, 1);
  assert.match(refused.printed, /^small\.png +Film too small$/m);
  assert.match(refused.printed, /^small\.png: 100 by 100$/m);
  const failed = await analyze(t, ["sick.png"]);
  assert.equal(failed.code, 1);
  assert.match(failed.printed, /^sick\.png +Damaged film$/m);
});

test("what a name holds does not reach the terminal as it is", async (t) => {
  const steering = "\u001b[2J";
  const { printed, said } = await analyze(t, ["good.png", `${steering}.txt`, `${steering}/small.png`]);
  assert.doesNotMatch(printed + said, /\p{Cc}(?<!\n)/u);
  assert.match(said, /\(\uFFFD\[2J\.txt\)/);
  assert.match(printed, /^\uFFFD\[2J\/small\.png: 100 by 100$/m);
});

test("--json prints one document with all analyses and the accuracy", async (t) => {
  const names = ["Hand/fractured/1.png", "Hand/normal/2.png", "Elbow/fractured/small.png"];
  const { code, printed, cwd } = await analyze(t, names, { json: true });
  assert.equal(code, 1);
  const report = JSON.parse(printed) as AnalyzeReport;
  assert.deepEqual(
    report.films.map(({ path, truth, analysis, error }) => [
      path,
      truth?.part,
      analysis === undefined,
      error?.code,
    ]),
    [
      [join(cwd, names[2] ?? ""), "elbow", true, "film-too-small"],
      [join(cwd, names[0] ?? ""), "hand", false, undefined],
      [join(cwd, names[1] ?? ""), "hand", false, undefined],
    ],
  );
  assert.deepEqual(report.accuracy?.part, { right: 2, total: 2, accuracy: 1 });
  assert.deepEqual(report.accuracy?.result, { right: 1, total: 2, accuracy: 0.5 });
  assert.equal(report.accuracy?.unjudged, 1);
});

test("a system with keys is given the key of the environment", async (t) => {
  const before = process.env.OSTEON_KEY;
  t.after(() => {
    if (before === undefined) delete process.env.OSTEON_KEY;
    else process.env.OSTEON_KEY = before;
  });
  process.env.OSTEON_KEY = "osk_test";
  assert.deepEqual((await analyze(t, ["a.png"])).gateway.authorizations, ["Bearer osk_test"]);
  process.env.OSTEON_KEY = "";
  assert.deepEqual((await analyze(t, ["a.png"])).gateway.authorizations, [undefined]);
});

test("a running system answers and is named, but not where the environment names other models", async (t) => {
  const names = ["DATA_DIR", "MODELS_DIR", "REDIS_URL"] as const;
  const before = Object.fromEntries(names.map((name) => [name, process.env[name]]));
  t.after(() => {
    for (const name of names) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });
  const dir = temporary(t);
  writeFileSync(join(dir, "a.png"), "film");
  const gateway = await FakeGateway.start(t, script);
  const lock = DataDirLock.acquire(dir);
  t.after(() => lock.release());
  lock.announce(gateway.url);
  const said: string[] = [];
  const run = () =>
    analyzeCommand(["a.png"], {
      json: true,
      verbose: false,
      cwd: dir,
      print: () => undefined,
      say: (text) => said.push(text),
    });
  process.env.DATA_DIR = dir;
  delete process.env.MODELS_DIR;
  assert.equal(await run(), 0);
  assert.deepEqual(said.splice(0), [`Asking the Osteon that runs at ${gateway.url}, with its models`]);
  process.env.MODELS_DIR = "others";
  // With a Redis of somebody else's, a system of its own would work on DATA_DIR, which is taken.
  process.env.REDIS_URL = "redis://127.0.0.1:1";
  await assert.rejects(run(), (error) => error instanceof StartError && /already runs/.test(error.message));
  assert.match(said.join("\n"), /^Starting Osteon for these films: .* without MODELS_DIR$/);
  assert.equal(gateway.keys.length, 1);
});

test("many films are in hand at once, but not all", async (t) => {
  const { code, gateway } = await analyze(
    t,
    Array.from({ length: 300 }, (_, at) => `${at}.png`),
    { early: 0 },
  );
  assert.equal(code, 0);
  assert.ok(gateway.most > 1 && gateway.most < 150, `${gateway.most} at once`);
});
