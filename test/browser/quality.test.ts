import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { seriousFaults } from "../support/axe.js";
import { filmFile, launchBrowser, openPage, transfer } from "../support/browser.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const dist = fileURLToPath(new URL("../../../web/dist/", import.meta.url));

let system: TestSystem;
let browser: Browser;
/** An exam of two views. */
let exam: string;
before(async () => {
  [system, browser] = await Promise.all([startTestSystem(), launchBrowser()]);
  const views = testFilms(2, "hand").map(({ file }) => ({ name: file, bytes: filmBytes(file) }));
  const { body } = await system.client.submit(views);
  exam = (await system.client.ended(body.id)).id;
});
after(async () => {
  await browser?.close();
  await system?.stop();
});

const addresses = () => ["/", `/exams/${exam}`, "/history", "/rules", "/operate", "/models/fracture-hand"];

async function settled(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  if (address.startsWith("/exams")) await page.locator('.pane[data-loaded="true"]').nth(1).waitFor();
  if (address === "/history") await page.locator(".history-row").first().waitFor();
}

describe("the page", () => {
  test("has no serious fault for people who use aids, dark or light, wide or narrow", async () => {
    const found: string[] = [];
    for (const [theme, width] of [
      ["dark", 1440],
      ["light", 1440],
      ["dark", 390],
    ] as const) {
      // Axe is a script of the test's: the policy would refuse it.
      const { page, close } = await openPage(
        browser,
        system.client.url,
        {
          viewport: { width, height: 900 },
          bypassCSP: true,
          reducedMotion: "reduce",
        },
        /404/,
      );
      await page.addInitScript(
        (chosen) => localStorage.setItem("osteon.preferences", JSON.stringify({ theme: chosen })),
        theme,
      );
      const look = async (what: string) => {
        for (const fault of await seriousFaults(page)) found.push(`${what} ${theme} ${width}: ${fault}`);
      };
      for (const address of addresses()) {
        await settled(page, address);
        await look(address);
      }
      await settled(page, `/exams/${exam}`);
      await page.getByRole("application").first().focus();
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keys" }).waitFor();
      await look("the keys");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "More" }).click();
      await page.getByRole("menuitem", { name: "Erase" }).waitFor();
      await look("the menu");
      await page.getByRole("menuitem", { name: "Erase" }).click();
      await page.getByRole("alertdialog").waitFor();
      await look("erasing");
      await page.goto("/exams/none");
      await page.getByRole("heading", { name: "No such exam" }).waitFor();
      await look("no such exam");
      await settled(page, "/");
      const [hand] = testFilms(1, "hand");
      await transfer(page, "drop", [
        filmFile(hand?.file ?? "", "hand.jpg"),
        { name: "notes.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no film at all") },
      ]);
      await page.getByRole("button", { name: "Examine 1 exam" }).waitFor();
      await look("films to be sent");
      await close();
    }
    assert.deepEqual(found, []);
  });

  test("fits every screen: nothing lies beyond its edge", async () => {
    for (const [width, height] of [
      // As 1280 pixels are at 400 %.
      [320, 568],
      [390, 844],
      [768, 1024],
      [1440, 900],
      [2560, 1440],
    ] as const) {
      const { page, close } = await openPage(browser, system.client.url, { viewport: { width, height } });
      for (const address of addresses()) {
        await settled(page, address);
        const wide = () => page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok((await wide()) <= width, `${address} is ${await wide()} wide at ${width}`);
        if (address === "/history") {
          await page.getByRole("combobox", { name: "Body part" }).selectOption("hand");
          await page.getByRole("button", { name: "Clear filters" }).waitFor();
          assert.ok((await wide()) <= width, `filters are ${await wide()} wide at ${width}`);
        }
        const disclaimer = await page.locator(".disclaimer").boundingBox();
        assert.ok(
          disclaimer && disclaimer.y + disclaimer.height <= height,
          `${address}: the disclaimer is in sight`,
        );
        if (width < 900 || !(address === "/" || address.startsWith("/exams"))) continue;
        // List, films and findings scroll, each by itself: the window does not, and nothing of the viewer lies below it.
        assert.ok(
          (await page.evaluate(() => document.documentElement.scrollHeight)) <= height,
          `${address} is higher than ${height}`,
        );
      }
      await close();
    }
  });

  test("is served by a strict policy, kept for good where its name tells its content, and small", async () => {
    const answer = await fetch(system.client.url);
    const policy = answer.headers.get("content-security-policy") ?? "";
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    assert.match(policy, /default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/);
    assert.equal(answer.headers.get("cache-control"), "no-cache");
    const html = await answer.text();
    assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
    const { rules } = (await (
      await fetch(`${system.client.url}/rules`, { headers: { accept: "application/json" } })
    ).json()) as { rules: string[] };
    for (const rule of rules) assert.ok(html.includes(`<li>${rule}</li>`), "also without scripts");

    // What the browser loads before anybody asks for a film, as it comes over the wire.
    const { page, close } = await openPage(browser, system.client.url);
    const loaded: string[] = [];
    page.on("response", (response) => {
      const { pathname } = new URL(response.url());
      if (/\/assets\/.*\.(js|css)$/.test(pathname)) loaded.push(pathname);
    });
    const hosts = new Set<string>();
    page.on("request", (request) => hosts.add(new URL(request.url()).origin));
    await page.goto("/");
    await page.getByRole("button", { name: "Choose films" }).waitFor();
    assert.deepEqual([...hosts], [system.client.url], "nothing comes from elsewhere");
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark", "by default");
    // Since the navigation began: the page is drawn, and its first control can be used.
    const ready = await page.evaluate(() => performance.now());
    await close();
    assert.ok(loaded.length > 0);
    let bytes = 0;
    for (const path of loaded) {
      const file = await fetch(system.client.url + path, { headers: { "accept-encoding": "gzip" } });
      assert.equal(file.headers.get("content-encoding"), "gzip", path);
      assert.match(file.headers.get("cache-control") ?? "", /max-age=31536000, immutable/);
      bytes += readFileSync(`${dist}${path.slice(1)}.gz`).length;
      const brotli = await fetch(system.client.url + path, { headers: { "accept-encoding": "br, gzip" } });
      assert.equal(brotli.headers.get("content-encoding"), "br", path);
    }
    console.log(
      `first load: ${loaded.length} files, ${(bytes / 1024).toFixed(0)} kB gzipped; usable after ${ready.toFixed(0)} ms`,
    );
    assert.ok(bytes < 250 * 1024, `${bytes} bytes`);
    assert.ok(!loaded.some((path) => path.includes("ExamView")), "the viewer comes with the first exam");
    assert.ok(readdirSync(`${dist}assets`).every((name) => /-[\w-]{8}\.\w+(\.gz|\.br)?$/.test(name)));
  });

  test("is worked by keys alone: choose, examine, read, save, find, erase", async () => {
    const { page, close } = await openPage(browser, system.client.url, { acceptDownloads: true });
    // Asked for early: the browser must know that the test, and no window of its own, answers.
    const chosen = page.waitForEvent("filechooser", { timeout: 120_000 });
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    /** Tab until the focus is on what is wanted, as a person would. */
    const tabTo = async (name: RegExp) => {
      for (let step = 0; step < 80; step += 1) {
        await page.keyboard.press("Tab");
        const named = await page.evaluate(() => {
          const { activeElement } = document;
          if (activeElement?.matches('a, button, [role="application"]') !== true) return "";
          return activeElement?.getAttribute("aria-label") ?? activeElement?.textContent ?? "";
        });
        if (name.test(named)) return;
      }
      assert.fail(`no way to ${name} by Tab`);
    };
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "To the content");
    await tabTo(/^Choose films/);
    await page.keyboard.press("Enter");
    const chooser = await chosen;
    const [film] = testFilms(1, "shoulder");
    await chooser.setFiles([filmFile(film?.file ?? "", "by keys.jpg")]);
    await page.getByRole("button", { name: "Examine 1 exam" }).waitFor();
    await page.waitForFunction(() => document.activeElement?.textContent === "Examine 1 exam");
    await page.keyboard.press("Enter");
    await page.locator('.row[data-step="done"]', { hasText: "by keys.jpg" }).waitFor();
    await page.getByRole("heading", { level: 1, name: "by keys.jpg" }).and(page.locator(":focus")).waitFor();
    // Its row in the list, not the film itself.
    await tabTo(/^by keys\.jpg(?!,)/);
    await page.keyboard.press("ArrowDown");
    await page.waitForFunction(
      () => document.activeElement?.closest(".row")?.getAttribute("data-at") === "1",
    );
    await page.keyboard.press("ArrowUp");
    await page.waitForFunction(
      () => document.activeElement?.closest(".row")?.getAttribute("data-at") === "0",
    );
    const inRow = () => page.evaluate(() => document.activeElement?.closest(".row")?.getAttribute("data-at"));
    assert.ok((await page.locator(".row").count()) > 1, "a list to pass");
    await page.keyboard.press("Tab");
    assert.equal(await inRow(), undefined, "one stop for the whole list");
    await page.keyboard.press("Shift+Tab");
    assert.equal(await inRow(), "0");
    await page.keyboard.press("Enter");
    await page.locator('.pane[data-loaded="true"]').waitFor();
    await tabTo(/^Save as picture/);
    const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
    assert.match(download.suggestedFilename(), /^osteon-by-keys-.*\.png$/);
    await tabTo(/^by keys\.jpg, /);
    await page.keyboard.press("i");
    await page.locator('button[aria-label="Invert"][aria-pressed="true"]').waitFor();

    await page.goto("/history");
    await page.locator(".history-row").first().waitFor();
    await tabTo(/^Erase by keys\.jpg/);
    await page.keyboard.press("Enter");
    await page.getByRole("alertdialog").waitFor();
    await tabTo(/^Erase$/);
    await page.keyboard.press("Enter");
    await page.getByText("Erased", { exact: true }).waitFor();
    assert.equal(await page.locator(".history-row", { hasText: "by keys.jpg" }).count(), 0);
    // It was the first: the next is there now, and the focus with it.
    await page.locator('.history-row[data-index="0"] .icon-button:focus').waitFor();
    await close();
  });

  test("looks as the docs show it", async () => {
    const { page, close } = await openPage(browser, system.client.url, { reducedMotion: "reduce" });
    const keep = async (name: string) => {
      await page.evaluate(() =>
        Promise.all([...document.images].map((image) => image.decode().catch(() => undefined))),
      );
      const png = await page.screenshot();
      const { entropy } = await sharp(png).stats();
      assert.ok(entropy > 1, `${name} shows something`);
      const folder = process.env.OSTEON_SCREENS;
      if (folder === undefined) return;
      mkdirSync(folder, { recursive: true });
      await sharp(png)
        .webp({ quality: 82, effort: 6 })
        .toFile(join(folder, `${name}.webp`));
    };
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    const twelve = ["hand", "leg", "shoulder", "elbow"].flatMap((region) =>
      testFilms(400, region)
        .filter(({ fractured }, at) => fractured || at < 2)
        .slice(0, 3),
    );
    await transfer(
      page,
      "drop",
      twelve.map(({ file }) => filmFile(file)),
    );
    await page.getByRole("button", { name: "Examine 12 exams" }).waitFor();
    await keep("staging");
    await page.getByRole("button", { name: "Examine 12 exams" }).click();
    await page.locator('.row[data-step="done"]').nth(10).waitFor();
    await page.getByRole("button", { name: /^Hand labelled fractured/ }).click();
    await page.locator('.pane[data-loaded="true"]').waitFor();
    await page.getByText(/^Sensitivity/).waitFor();
    await keep("exam");
    await settled(page, `/exams/${exam}`);
    await keep("views");
    await settled(page, "/operate");
    await keep("operate");
    await close();
  });
});
