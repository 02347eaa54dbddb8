import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Analysis } from "@osteon/shared";
import type { Browser, Page } from "playwright-core";
import { launchBrowser, openPage, type PageFile, transfer } from "../support/browser.js";
import { copyExam } from "../support/exams.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const many = 500;
/** The page's list keeps no more; the history has the rest. */
const mostListed = 1_000;
/** Rows in the tallest window of the tests, and what is drawn beyond it. */
const mostRows = 40;

const film = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
let system: TestSystem;
let browser: Browser;
/** Of one film. */
let exam: Analysis;
before(async () => {
  [system, browser] = await Promise.all([startTestSystem(), launchBrowser()]);
  const { body } = await system.client.submit([{ name: "hand.jpg", bytes: film }]);
  exam = await system.client.ended(body.id);
});
after(async () => {
  await browser?.close();
  await system?.stop();
});

/** Scrolls what is named from end to end, a step a frame, and returns the milliseconds of each frame, least first. */
function scrolled(page: Page, scroller: string): Promise<number[]> {
  return page.evaluate(async (selector) => {
    const list = document.querySelector(selector);
    const times: number[] = [];
    let before = performance.now();
    for (let top = 0; list !== null && top < list.scrollHeight; top += 400) {
      list.scrollTop = top;
      await new Promise((done) => requestAnimationFrame(done));
      times.push(performance.now() - before);
      before = performance.now();
    }
    return times.sort((a, b) => a - b);
  }, scroller);
}

function tell(what: string, frames: readonly number[]): void {
  const at = (share: number) => frames[Math.floor(frames.length * share)]?.toFixed(0);
  console.log(`${what}: ${frames.length} frames, median ${at(0.5)} ms, 95 % ${at(0.95)} ms`);
}

/** Greatest side of the pictures that rows show, film pixels, once all in sight are there. */
async function largestPicture(page: Page, row: string): Promise<number> {
  await page.waitForFunction((selector) => {
    const images = [...document.querySelectorAll<HTMLImageElement>(`${selector} img`)];
    const seen = images.filter((image) => {
      const { top, bottom } = image.getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    });
    return seen.length > 0 && seen.every(({ complete, naturalWidth }) => complete && naturalWidth > 0);
  }, row);
  return page.evaluate(
    (selector) =>
      Math.max(
        ...[...document.querySelectorAll<HTMLImageElement>(`${selector} img`)].map((image) =>
          Math.max(image.naturalWidth, image.naturalHeight),
        ),
      ),
    row,
  );
}

test("a search for what is rare stops before the archive's end, and tells no number that it does not know", async () => {
  const { page, close } = await openPage(browser, system.client.url);
  let asked = 0;
  await page.route(/\/v1\/analyses\?.*status=cancelled/, (route) => {
    asked += 1;
    return route.fulfill({ json: { data: [], nextCursor: exam.id } });
  });
  await page.goto("/history");
  await page.getByText("1 exam, of 1 looked at").waitFor();
  await page.getByLabel("Result").selectOption("cancelled");
  await page.getByRole("button", { name: "Look further back" }).waitFor();
  assert.deepEqual([asked, await page.locator(".page-head p").innerText()], [2, "0 exams"]);
  await close();
});

test("an exam of the history ends, and goes, while it is looked at; who comes back finds the search as it was", async () => {
  const { body } = await system.client.submit([{ name: "looked-at.jpg", bytes: film }]);
  const { fracture: _, outcome: __, ...ended } = await system.client.ended(body.id);
  const { page, close } = await openPage(browser, system.client.url);
  // The history reads it as it was before its end; the list of the day knows better later.
  let told = () => {};
  const later = new Promise<void>((resolve) => {
    told = resolve;
  });
  const early = {
    ...ended,
    status: "queued",
    films: ended.films.map(({ fracture, outcome, ...each }) => each),
  };
  await page.route(/\/v1\/analyses\?limit=100$/, (route) => route.fulfill({ json: { data: [early] } }));
  await page.route("**/v1/events", async (route) => {
    await later;
    const { body: analysis } = await system.client.get(body.id);
    await route.fulfill({
      contentType: "text/event-stream",
      body: `event: analysis\ndata: ${JSON.stringify(analysis)}\n\n`,
    });
  });
  await page.goto("/history");
  await page.getByLabel("Search").fill("looked-at");
  const row = page.locator(".history-row", { hasText: "looked-at.jpg" });
  await row.getByText("Being examined").waitFor();
  told();
  await row.locator(".history-result", { hasText: /Normal|Fractured/ }).waitFor();

  await row.getByRole("link").click();
  await page.getByText("Type: Hand").waitFor();
  await page.goBack();
  await row.waitFor();
  assert.equal(await page.getByLabel("Search").inputValue(), "looked-at");
  const listening = page.waitForResponse(
    (response) => response.url().endsWith("/v1/events") && "x-request-id" in response.headers(),
  );
  await page.unroute("**/v1/events");
  await listening;
  await system.client.request(`/v1/analyses/${body.id}`, { method: "DELETE" });
  await row.waitFor({ state: "detached" });
  await close();
});

describe("five hundred films", () => {
  test("of the history are listed, only those in sight are drawn, and their pictures come small from the gateway", async () => {
    await copyExam(system, exam, many);
    const { page, close } = await openPage(browser, system.client.url);
    const asked: string[] = [];
    page.on("request", (request) => {
      const [, picture] = /\/films\/0\/(.+)$/.exec(request.url()) ?? [];
      if (picture !== undefined) asked.push(picture);
    });
    await page.goto("/history");
    await page.getByLabel("Search").fill("copy");
    const list = page.locator(".history-list");
    const further = page.getByRole("button", { name: "Look further back" });
    await list.or(further).first().waitFor();
    const listed = () => list.evaluate((each) => each.querySelector("li")?.ariaSetSize);
    while ((await listed()) !== String(many)) await further.click();
    assert.ok((await page.locator(".history-row").count()) < mostRows);
    tell(`${many} films of the history scrolled`, await scrolled(page, "html"));
    await page.locator(".history-row", { hasText: "copy 1" }).last().waitFor();
    assert.ok((await page.locator(".history-row").count()) < mostRows);
    assert.ok((await largestPicture(page, ".history-row")) <= 192);
    assert.deepEqual([...new Set(asked)], ["thumbnail.jpg"]);
    await close();
  });

  test("that were dropped are listed too, only those in sight are drawn, and of each a small copy", async () => {
    const { page, close } = await openPage(browser, system.client.url);
    await page.goto("/");
    // Those of the history are there already: all are of today.
    await page.getByText(`${many + 1} exams`).waitFor();
    const files: PageFile[] = Array.from({ length: many }, (_, at) => ({
      name: `film ${String(at + 1).padStart(3, "0")}.jpg`,
      mimeType: "image/jpeg",
      buffer: film,
    }));
    await system.paused("bodypart-worker", async () => {
      await transfer(page, "drop", files);
      await page.getByRole("button", { name: `Examine ${many} exams` }).click({ timeout: 120_000 });
      await page.waitForFunction(
        (all) => Number(document.querySelector(".row")?.ariaSetSize) === all,
        mostListed,
        { timeout: 120_000 },
      );
      assert.ok((await page.locator(".row").count()) < mostRows);
      tell(`${many} dropped films scrolled`, await scrolled(page, ".worklist-scroll"));
      assert.ok((await page.locator(".row").count()) < mostRows);
      assert.ok((await largestPicture(page, ".row")) <= 320);
      await page.locator(".worklist-scroll").evaluate((list) => list.scrollTo(0, 0));
      await page.locator(".row", { hasText: "film 001.jpg" }).waitFor();
      assert.ok((await largestPicture(page, ".row")) <= 320);
    });
    await close();
  });
});
