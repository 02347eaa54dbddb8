import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Analysis } from "@osteon/shared";
import type { Browser, Page } from "playwright-core";
import { filmFiles, launchBrowser, openPage, transfer } from "../support/browser.js";
import { startTestSystem, type TestSystem } from "../support/system.js";
import { TcpProxy } from "../support/tcp-proxy.js";

let system: TestSystem;
let browser: Browser;
before(async () => {
  [system, browser] = await Promise.all([startTestSystem(), launchBrowser()]);
});
after(async () => {
  await browser?.close();
  await system?.stop();
});

/** The newest analysis that the gateway knows. */
async function newest(): Promise<Analysis | undefined> {
  return (await system.client.request<{ data: Analysis[] }>("/v1/analyses?limit=1")).body.data[0];
}

const row = (page: Page, name: string) => page.locator(".row", { hasText: name });

describe("what goes wrong", () => {
  test("an overloaded gateway is asked again, a refused film is told and may be sent again", async () => {
    const { page, close } = await openPage(browser, system.client.url, {}, /503|422/);
    let answers = 0;
    await page.route("**/v1/analyses", async (route) => {
      if (route.request().method() !== "POST") return route.fallback();
      answers += 1;
      if (answers === 1) {
        return route.fulfill({
          status: 503,
          headers: { "retry-after": "1", "content-type": "application/problem+json" },
          body: JSON.stringify({ code: "overloaded", status: 503, title: "Overloaded", detail: "" }),
        });
      }
      if (answers === 2) {
        return route.fulfill({
          status: 422,
          headers: { "content-type": "application/problem+json" },
          body: JSON.stringify({ code: "film-damaged", status: 422, title: "Damaged film", detail: "" }),
        });
      }
      return route.fallback();
    });
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    const [film] = filmFiles(1, "shoulder");
    assert.ok(film);
    await transfer(page, "drop", [{ ...film, name: "again.jpg" }]);
    await page.getByRole("button", { name: "Examine 1 exam" }).click();
    await row(page, "again.jpg").getByText("The queue is full").waitFor();
    await row(page, "again.jpg").getByText("The file is damaged").waitFor();
    // A browser shows no DICOM: the words then stand together, in the middle.
    await page.locator(".sending img").evaluate((preview) => preview.remove());
    const words = await page.locator(".sending-state > *").evaluateAll((parts) =>
      parts.map((part) => {
        const { top, bottom } = part.getBoundingClientRect();
        return { top, bottom, height: bottom - top };
      }),
    );
    assert.ok(
      words.every(({ height }) => height < 60),
      JSON.stringify(words),
    );
    assert.ok(Number(words.at(-1)?.bottom) - Number(words[0]?.top) < 200, JSON.stringify(words));
    await page.getByRole("button", { name: "Try again.jpg again" }).click();
    await row(page, "again.jpg").and(page.locator('[data-step="done"]')).waitFor();
    assert.equal(answers, 3);
    await close();
  });

  test("films that only the page has are not lost with it unasked, and are taken back where they wait", async () => {
    const { page, close } = await openPage(browser, system.client.url, {}, /503/);
    await page.route("**/v1/analyses", (route) =>
      route.request().method() === "POST"
        ? route.fulfill({ status: 503, headers: { "retry-after": "3600" }, body: "" })
        : route.fallback(),
    );
    const asked: string[] = [];
    page.on("dialog", async (dialog) => {
      asked.push(dialog.type());
      await dialog.dismiss();
    });
    const stays = async () => {
      const before = asked.length;
      const dialog = page.waitForEvent("dialog");
      await page.evaluate(() => setTimeout(() => location.reload()));
      await dialog;
      assert.deepEqual(asked.slice(before), ["beforeunload"]);
    };
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    const four = filmFiles(4, "hand").map((film, at) => ({ ...film, name: `kept ${at}.jpg` }));
    await transfer(page, "drop", four);
    const examine = page.getByRole("button", { name: "Examine 4 exams" });
    await examine.waitFor();
    // A browser asks only where somebody has done something.
    await page.getByLabel("Reference").click();
    await stays();
    await examine.click();
    await page.locator('.row[data-step="waiting"]').waitFor();
    await page.locator('.row[data-step="sending"]').nth(2).waitFor();
    await stays();
    for (const { name } of four) await page.getByRole("button", { name: `Remove ${name}` }).click();
    await page.locator(".row", { hasText: "kept" }).first().waitFor({ state: "detached" });
    await page.reload();
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(asked.length, 2, "nothing is asked where nothing would be lost");
    // What leads away leads to a tab of its own.
    const opened = page.waitForEvent("popup");
    await page.getByRole("link", { name: "OpenAPI" }).click();
    await (await opened).close();
    await close();
  });

  test("a film is cancelled while it waits", async () => {
    const { page, close } = await openPage(browser, system.client.url, {}, /403|404/);
    const refuse = (code: string, status: number) =>
      page.route(
        "**/cancel",
        (route) =>
          route.fulfill({
            status,
            contentType: "application/problem+json",
            body: JSON.stringify({ code, status, title: "Refused", detail: "" }),
          }),
        { times: 1 },
      );
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    await system.paused("bodypart-worker", async () => {
      const [film] = filmFiles(1, "leg");
      assert.ok(film);
      await transfer(page, "drop", [{ ...film, name: "waits.jpg" }]);
      await page.getByRole("button", { name: "Examine 1 exam" }).click();
      const cancel = page.getByRole("button", { name: "Cancel waits.jpg" });
      await refuse("scope-missing", 403);
      await cancel.click();
      await page.getByText("Your key may not do that.").waitFor();
      // What the stream tells of by itself is no failure.
      await refuse("analysis-not-found", 404);
      const refused = page.waitForResponse("**/cancel");
      await cancel.click();
      await refused;
      await cancel.click();
      await row(page, "waits.jpg").getByText("Cancelled").waitFor();
      assert.equal(await page.getByText("Refused").count(), 0);
    });
    assert.equal((await newest())?.status, "cancelled");

    // What was cancelled may be examined after all.
    await row(page, "waits.jpg").getByRole("link").click();
    await page.locator(".findings").getByText("Cancelled").waitFor();
    await page.getByText("No picture was made.").waitFor();
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: "Examine again" }).click();
    await row(page, "waits.jpg").and(page.locator('[data-step="done"]')).waitFor();
    await close();
  });

  test("a file that cannot be read is named, and keeps up no other", async () => {
    const { page, close } = await openPage(browser, system.client.url);
    await page.addInitScript(() => {
      const { slice } = Blob.prototype;
      File.prototype.slice = function (...range) {
        const part = slice.apply(this, range);
        if (this.name === "gone.jpg") part.arrayBuffer = () => Promise.reject(new Error("NotReadableError"));
        return part;
      };
    });
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    const [first, second] = filmFiles(2, "hand");
    assert.ok(first && second);
    await transfer(page, "drop", [
      { ...first, name: "gone.jpg" },
      { ...second, name: "here.jpg" },
    ]);
    await page.getByText("The file cannot be read").waitFor();
    await page.getByRole("button", { name: "Examine 1 exam" }).click();
    await row(page, "here.jpg").and(page.locator('[data-step="done"]')).waitFor();
    await close();
  });

  test("a part of the page that cannot be fetched is told, and takes nothing with it", async () => {
    const { page, close } = await openPage(
      browser,
      system.client.url,
      {},
      /ERR_FAILED|Unable to preload|dynamically imported/,
    );
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    const [film] = filmFiles(1, "hip");
    assert.ok(film);
    await transfer(page, "drop", [{ ...film, name: "stays.jpg" }]);
    await page.getByRole("button", { name: "Examine 1 exam" }).waitFor();
    await page.route(/HistoryPage/, (route) => route.abort());
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText("This part of the page cannot be shown").waitFor();
    await page.getByRole("link", { name: "Films" }).click();
    await page.getByRole("button", { name: "Examine 1 exam" }).click();
    await row(page, "stays.jpg").and(page.locator('[data-step="done"]')).waitFor();
    await page.unroute(/HistoryPage/);
    await page.getByRole("link", { name: "History" }).click();
    await page.getByRole("heading", { level: 1, name: "History" }).waitFor();
    await close();
  });

  test("a lost connection is told, comes back by itself, and misses nothing", async () => {
    const line = await TcpProxy.start(Number(new URL(system.client.url).port));
    const { page, close } = await openPage(browser, line.url, {}, /ERR_/);
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    const lost = page.locator(".row", { hasText: "lost" });
    await system.paused("bodypart-worker", async () => {
      await transfer(
        page,
        "drop",
        filmFiles(8, "elbow").map((film, at) => ({ ...film, name: `lost ${at}.jpg` })),
      );
      await page.getByRole("button", { name: "Examine 8 exams" }).click();
      await lost.and(page.locator('[data-step="queued"]')).nth(7).waitFor();
      line.refuse(true);
      await page.getByText("Connection lost").waitFor();
    });
    await system.settled(120);
    assert.equal(await lost.and(page.locator('[data-step="done"]')).count(), 0);
    line.refuse(false);
    await lost.and(page.locator('[data-step="done"]')).nth(7).waitFor();
    await page.getByText("Connection lost").waitFor({ state: "detached" });
    await close();
    await line.close();
  });
});
