import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Examination, examine } from "../../src/analyze/examine.js";
import { freePort } from "../../src/free-port.js";
import { FakeGateway, type Script } from "../support/fake-gateway.js";
import { temporary } from "../support/temporary.js";

async function examined(
  t: TestContext,
  script: Script,
): Promise<{ result: Examination; gateway: FakeGateway }> {
  const path = join(temporary(t), "a film.jpg");
  writeFileSync(path, "film");
  const gateway = await FakeGateway.start(t, script);
  return { result: await examine(path, { url: gateway.url, pauseMs: 1 }), gateway };
}

test("a film is followed to its end", async (t) => {
  const { result } = await examined(t, (name) => ({
    outcome: name === "a film.jpg" ? "analysed" : "not-identified",
  }));
  assert.ok("analysis" in result);
  assert.deepEqual([result.analysis.status, result.analysis.outcome], ["completed", "analysed"]);
});

test("a problem is handed on", async (t) => {
  const { result, gateway } = await examined(t, () => ({ problem: 422 }));
  assert.deepEqual(result, {
    refusal: { code: "film-too-small", title: "Film too small", detail: "100 by 100" },
  });
  assert.equal(gateway.keys.length, 1);
});

test("an overloaded gateway and a broken connection are tried again, as the same request", async (t) => {
  let tries = 0;
  const { result, gateway } = await examined(t, () => {
    tries += 1;
    if (tries === 1) return { raw: (response) => response.writeHead(503, { "retry-after": "0" }).end() };
    if (tries === 2) return { raw: (response) => response.destroy() };
    return { outcome: "analysed" };
  });
  assert.ok("analysis" in result);
  assert.equal(gateway.keys.length, 3);
  assert.equal(new Set(gateway.keys).size, 1);
});

test("an answer that is no problem document is told by its status", async (t) => {
  const { result } = await examined(t, () => ({
    raw: (response) => response.writeHead(502).end("bad proxy"),
  }));
  assert.deepEqual(result, { refusal: { code: "http-error", title: "HTTP 502", detail: "HTTP 502" } });
});

test("a file that cannot be read and a gateway that is away are refusals", async (t) => {
  const gone = await examine(join(temporary(t), "gone.jpg"), { url: "http://127.0.0.1:1" });
  assert.ok("refusal" in gone && gone.refusal.code === "unreadable");
  const path = join(temporary(t), "a.jpg");
  writeFileSync(path, "film");
  const away = await examine(path, { url: `http://127.0.0.1:${await freePort()}`, pauseMs: 0 });
  assert.ok("refusal" in away && away.refusal.code === "unreachable");
});
