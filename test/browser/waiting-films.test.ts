import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { filmFiles, launchBrowser, openPage, transfer } from "../support/browser.js";
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

describe("films that wait to be sent", () => {
  test("further films join those that wait: two photographs and a file become one exam", async () => {
    const { page, close } = await openPage(browser, system.client.url, { permissions: ["camera"] });
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    for (const shots of [1, 2]) {
      await page.getByRole("button", { name: "Camera", exact: true }).click();
      await page.waitForFunction(() => (document.querySelector("video")?.videoWidth ?? 0) > 0);
      await page.getByRole("button", { name: "Take the picture" }).click();
      await page.getByRole("button", { name: `Examine ${shots} exam` }).waitFor();
    }
    await page.getByRole("button", { name: "Choose films" }).waitFor();
    await page.locator('input[data-picker="files"]').setInputFiles(filmFiles(1, "hand"));
    await page.getByRole("button", { name: "Examine 3 exams" }).waitFor();
    await page.getByRole("button", { name: "Group as one exam" }).click();
    await page.getByText("Exam 1: 3 views").waitFor();
    await page.getByRole("button", { name: "Examine 1 exam" }).waitFor();
    await page.getByRole("button", { name: "Remove all" }).click();
    await close();
  });

  test("films are examined as soon as they come where that is wanted, until it is not wanted any more", async () => {
    const { page, close } = await openPage(browser, system.client.url);
    await page.goto("/");
    const atOnce = page.getByRole("checkbox", { name: "From now on examine films as soon as they come" });
    await atOnce.check();
    const [film] = filmFiles(1, "hand");
    assert.ok(film);
    await transfer(page, "drop", [{ ...film, name: "at once.jpg" }]);
    await page.locator('.row[data-step="done"]', { hasText: "at once.jpg" }).waitFor();
    await page.getByRole("link", { name: "Films", exact: true }).click();
    await atOnce.uncheck();
    await transfer(page, "drop", [{ ...film, name: "later.jpg" }]);
    await page.getByRole("button", { name: "Examine 1 exam" }).waitFor();
    assert.equal(await atOnce.isChecked(), false);
    await page.getByRole("button", { name: "Remove all" }).click();
    await close();
  });

  test("what was sent is in sight, on a phone too: one exam itself, several in the list; the focus goes along", async () => {
    const { page, close } = await openPage(browser, system.client.url, {
      viewport: { width: 390, height: 844 },
    });
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    await transfer(page, "drop", filmFiles(1, "hand"));
    await page.getByRole("button", { name: "Examine 1 exam" }).click();
    await page.locator(".exam h1:focus").waitFor();
    await page.getByText("Type: Hand").waitFor();
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    await transfer(page, "drop", filmFiles(2, "hand"));
    await page.getByRole("button", { name: "Examine 2 exams" }).click();
    const list = page.getByRole("region", { name: "Exams of the day" });
    await list.and(page.locator(":focus")).waitFor();
    const { y } = (await list.boundingBox()) ?? { y: Number.NaN };
    assert.ok(y >= 56 && y < 422, `the list begins at ${y}`);
    await close();
  });

  test("films are removed by keys, one after the other: the focus goes on to the next, and then to the start", async () => {
    const { page, close } = await openPage(browser, system.client.url);
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    const [film] = filmFiles(1, "hand");
    assert.ok(film);
    await transfer(
      page,
      "drop",
      ["a", "b", "c"].map((name) => ({ ...film, name: `${name}.jpg` })),
    );
    await page.getByRole("button", { name: "Examine 3 exams" }).waitFor();
    await page.getByRole("button", { name: "Remove b.jpg" }).focus();
    for (const next of ["Remove c.jpg", "Remove a.jpg", "Choose films"]) {
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: next }).and(page.locator(":focus")).waitFor();
    }
    await close();
  });
});
