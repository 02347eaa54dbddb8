import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { launchBrowser, openPage } from "../support/browser.js";
import { LoneGateway } from "../support/gateway.js";

const host = "osteon.example";
let gateway: LoneGateway;
let browser: Browser;
before(async () => {
  gateway = await LoneGateway.start({ AUTH: "keys" });
  browser = await launchBrowser(`--host-resolver-rules=MAP ${host} 127.0.0.1`);
});
after(async () => {
  await browser?.close();
  await gateway?.stop();
});

test("the rendered reference is shown over plain HTTP under any name, and its calls are made from it", async () => {
  const url = gateway.url.replace("127.0.0.1", host);
  const { page, close } = await openPage(browser, url);
  const hosts = new Set<string>();
  page.on("request", (request) => {
    if (!request.url().startsWith("data:")) hosts.add(new URL(request.url()).origin);
  });
  for (const address of ["/docs/", "/docs"]) {
    await page.goto(address);
    await page.locator("#operations-Analyses-listAnalyses").waitFor();
  }
  const operation = page.locator("#operations-Operation-isLive");
  await operation.locator(".opblock-summary-control").click();
  await operation.getByRole("button", { name: "Try it out" }).click();
  await operation.getByRole("button", { name: "Execute" }).click();
  await operation.locator(".live-responses-table .response-col_status", { hasText: "200" }).waitFor();
  assert.deepEqual([...hosts], [url], "nothing comes from elsewhere");
  await close();
});

test("the rendered reference is held by a policy that names no other site", async () => {
  const { headers } = await fetch(`${gateway.url}/docs`);
  const policy = headers.get("content-security-policy") ?? "";
  assert.match(policy, /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/);
  assert.doesNotMatch(policy, /unsafe|upgrade|\*|https?:|\w\.\w/);
  assert.equal(headers.get("referrer-policy"), "no-referrer");
});
