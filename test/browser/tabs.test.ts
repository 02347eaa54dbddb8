import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { filmFile, filmFiles, launchBrowser, openPage, transfer } from "../support/browser.js";
import { TenantClient } from "../support/endpoints.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

let system: TestSystem;
let browser: Browser;
before(async () => {
  [system, browser] = await Promise.all([startTestSystem({ env: { AUTH: "keys" } }), launchBrowser()]);
});
after(async () => {
  await browser?.close();
  await system?.stop();
});

const makeKey = async (tenant: string) =>
  (await system.ring.create({ tenant, name: `${tenant}'s screen`, scopes: ["submit", "read"] })).text;

async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel("Key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1, name: "Find fractures" }).waitFor();
}

async function signOut(page: Page, tenant: string): Promise<void> {
  await page.getByRole("button", { name: `${tenant}'s screen` }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

/** Puts a tab out of sight, or back: a browser without a screen has them all in sight. */
async function show(page: Page, shown: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, !shown);
}

const [handFilm] = filmFiles(1, "hand");
assert.ok(handFilm);
const named = (name: string) => filmFile(handFilm.name, name);
const row = (page: Page, name: string) => page.locator(".row", { hasText: name });
const done = (page: Page, name: string) => row(page, name).and(page.locator('[data-step="done"]'));

describe("several tabs of a browser", () => {
  for (const hears of [true, false]) {
    test(`one clinic's film is not sent in another's name, whom ${hears ? "the" : "an unheard"} other tab let in`, async () => {
      const [mine, theirs] = [`mine-${hears}`, `theirs-${hears}`];
      const [first, next] = await Promise.all([makeKey(mine), makeKey(theirs)]);
      const { page, close } = await openPage(browser, system.client.url, {}, /401/);
      if (!hears)
        await page.addInitScript(() => {
          BroadcastChannel.prototype.addEventListener = () => undefined;
        });
      await page.goto("/");
      await signIn(page, first);
      const other = await page.context().newPage();
      await other.goto("/");
      await transfer(page, "drop", [named("ours.jpg")]);
      const examine = page.getByRole("button", { name: "Examine 1 exam" });
      await examine.waitFor();
      await signOut(other, mine);
      if (hears) await page.getByRole("heading", { name: "Sign in" }).waitFor();
      await signIn(other, next);
      if (!hears) await examine.click();
      await page.getByRole("button", { name: `${theirs}'s screen` }).waitFor();
      await page.getByRole("heading", { level: 1, name: "Find fractures" }).waitFor();
      assert.equal(await page.getByText("ours.jpg").count(), 0);
      const tenant = new TenantClient(system.client.url, next);
      const { body } = await tenant.call<{ data: unknown[] }>("GET", "/v1/analyses");
      assert.deepEqual(body.data, []);
      await close();
    });
  }

  test("seven are not too many: one in the background sends, and has what happened meanwhile once it is seen", async () => {
    const key = await makeKey("seven");
    const { page, close } = await openPage(browser, system.client.url, {}, /401|404/);
    await page.goto("/");
    await signIn(page, key);
    await transfer(page, "drop", [named("erased.jpg")]);
    await page.getByRole("button", { name: "Examine 1 exam" }).click();
    await done(page, "erased.jpg").waitFor();
    await transfer(page, "drop", [named("hidden.jpg")]);
    const examine = page.getByRole("button", { name: "Examine 1 exam" });
    await examine.waitFor();
    await show(page, false);
    for (let tab = 0; tab < 5; tab += 1) {
      const hidden = await page.context().newPage();
      await hidden.goto("/");
      await done(hidden, "erased.jpg").waitFor();
      await show(hidden, false);
    }
    const seen = await page.context().newPage();
    await seen.goto("/");
    await done(seen, "erased.jpg").waitFor();
    await examine.click();
    await done(seen, "hidden.jpg").waitFor();
    await transfer(seen, "drop", [named("seen.jpg")]);
    await seen.getByRole("button", { name: "Examine 1 exam" }).click();
    await done(seen, "seen.jpg").waitFor();
    await row(seen, "erased.jpg").getByRole("link").click();
    await seen.getByRole("button", { name: "More" }).click();
    await seen.getByRole("menuitem", { name: "Erase" }).click();
    await seen.getByRole("alertdialog").getByRole("button", { name: "Erase" }).click();
    await row(seen, "erased.jpg").waitFor({ state: "detached" });

    assert.equal(await done(page, "hidden.jpg").count(), 0);
    await show(page, true);
    await done(page, "hidden.jpg").waitFor();
    await done(page, "seen.jpg").waitFor();
    await row(page, "erased.jpg").waitFor({ state: "detached" });
    await close();
  });
});
