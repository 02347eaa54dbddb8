import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { repoRoot } from "@osteon/shared/command-line";
import { configOf } from "../src/config.js";
import { osteon } from "./support/osteon.js";

test("files and DATA_DIR are relative to where the user stands, not to where npm moves", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "osteon-where-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "film.jpg"), "bytes of a film");
  let body = "";
  const server = createServer(async (request, response) => {
    body = Buffer.concat(await request.toArray()).toString();
    response.writeHead(422, { "content-type": "application/json" }).end(JSON.stringify({ code: "taken" }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const env = {
    INIT_CWD: folder,
    npm_package_json: join(repoRoot, "package.json"),
    DATA_DIR: "data",
    OSTEON_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
  const { told } = await osteon(["analyze", "film.jpg"], env);
  assert.match(told, /^film\.jpg: taken/);
  assert.match(body, /filename="film\.jpg"[\s\S]*bytes of a film/);
  assert.equal(configOf(env).DATA_DIR, join(folder, "data"));
});

test("a folder in the place of a film is told as one, with what takes folders", async () => {
  const { code, told } = await osteon(["analyze", tmpdir()], { OSTEON_URL: "http://127.0.0.1:1" });
  assert.equal(code, 1);
  assert.match(told, /is a folder: .*npm start -- analyze/);
});
