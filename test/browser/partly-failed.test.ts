import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import sharp from "sharp";
import { launchBrowser, openPage } from "../support/browser.js";
import { filmBytes } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

let system: TestSystem;
let browser: Browser;
before(async () => {
  [system, browser] = await Promise.all([startTestSystem(), launchBrowser()]);
});
after(async () => {
  await browser?.close();
  await system?.stop();
});

/** A film whose head is right, so that it is accepted, and whose picture no worker can decode. */
async function damaged(film: Buffer): Promise<Buffer> {
  const bytes = await sharp(film).webp().toBuffer();
  return bytes.map((byte, at) => (at < 60 ? byte : byte ^ 0xff)) as Buffer;
}

test("a fracture in one view is told, found and kept, though another view of the exam failed", async () => {
  const fractured = filmBytes("IMG0002020.jpg");
  const { body } = await system.client.submit([
    { name: "seen.jpg", bytes: fractured },
    { name: "damaged.webp", bytes: await damaged(fractured) },
  ]);
  const { status, error, fracture } = await system.client.ended(body.id);
  assert.deepEqual([status, error?.code, fracture?.label], ["failed", "film-damaged", "fractured"]);

  const { page, close } = await openPage(browser, system.client.url, { acceptDownloads: true });
  await page.goto("/");
  const row = page.locator(".row", { hasText: "seen.jpg and 1 more" });
  const told = /^Fractured(, doubtful)? · 1 view failed$/;
  await row.locator('.row-state[data-tone="fractured"]').getByText(told).waitFor();
  const filter = page.getByRole("group", { name: "Show" });
  for (const name of ["Fractured", "Failed"]) {
    await filter.getByRole("button", { name }).click();
    await row.waitFor();
  }

  await row.getByRole("link").click();
  await page.locator('.pane[data-loaded="true"]').waitFor();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save as picture" }).click(),
  ]);
  assert.match(download.suggestedFilename(), /^osteon-seen-[0-9a-f]{8}\.png$/);
  await page.locator(".summary-film", { hasText: "damaged.webp" }).click();
  await page.locator('.result[data-tone="failed"]').waitFor();
  assert.equal(await page.getByRole("button", { name: "Save as picture" }).count(), 0);

  await page.goto("/history");
  const past = page.locator(".history-row", { has: page.locator(`a[href="/exams/${body.id}"]`) });
  for (const result of ["fractured", "failed"]) {
    await page.getByRole("combobox", { name: "Result" }).selectOption(result);
    await page.getByText(/^1 exam(, of 1 looked at)?$/).waitFor();
    assert.match(
      await past.locator(".history-result").innerText(),
      /^Fractured(, doubtful)? · 1 view failed\s+\d+%$/,
    );
  }
  await close();
});
