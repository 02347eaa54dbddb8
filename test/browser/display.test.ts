import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Analysis } from "@osteon/shared";
import type { Browser, Page } from "playwright-core";
import { seriousFaults } from "../support/axe.js";
import { launchBrowser, openExamOf, openPage } from "../support/browser.js";
import { copyExam } from "../support/exams.js";
import { filmBytes, testFilms } from "../support/films.js";
import { readPdf } from "../support/reports.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const copies = 60;
/** What browsers leave out on paper: all grounds but those that must stay. */
const paper = "html { background: #fff } html :not(.panes, .panes *) { background: none !important }";

let system: TestSystem;
let browser: Browser;
/** Of one film, and of four views. */
let exam: Analysis;
let views: Analysis;
before(async () => {
  [system, browser] = await Promise.all([startTestSystem(), launchBrowser()]);
  const submit = async (count: number) => {
    const films = testFilms(count, "hand").map(({ file }) => ({ name: file, bytes: filmBytes(file) }));
    return system.client.ended((await system.client.submit(films)).body.id);
  };
  [exam, views] = await Promise.all([submit(1), submit(4)]);
});
after(async () => {
  await browser?.close();
  await system?.stop();
});

/** The colours and edges of what a selector names first. */
function looks(page: Page, selector: string): Promise<string> {
  return page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const { backgroundColor, color, borderColor, borderWidth } = getComputedStyle(element);
      // Forced colours keep how far a background is seen through: it is the system's ground nonetheless.
      const ground = /\d+, \d+, \d+/.exec(backgroundColor)?.[0];
      return [ground, color, borderColor, borderWidth].join(" ");
    });
}

describe("the page shows all it has", () => {
  test("on a phone, where a finger always finds room beside the films to scroll by", async () => {
    for (const { id, width, height } of [
      { ...views, width: 360, height: 640 },
      { ...exam, width: 640, height: 360 },
    ]) {
      const { page, close } = await openExamOf(browser, system.client.url, id, {
        viewport: { width, height },
      });
      const [top, head, free] = await page.evaluate(() => {
        const edges = (selector: string) =>
          document.querySelector(selector)?.getBoundingClientRect() ?? new DOMRect();
        scrollBy(0, edges(".panes").top - edges(".head").bottom);
        const [from, to] = [edges(".head").bottom, edges(".foot").top];
        const rows = Array.from({ length: Math.floor(to - from) }, (_, at) => from + at + 0.5);
        const free = rows.filter(
          (y) => document.elementFromPoint(innerWidth / 2, y)?.closest(".pane") === null,
        );
        return [edges(".panes").top, from, free.length];
      });
      assert.ok(Math.abs(Number(top) - Number(head)) < 1, "the films are as high up as they hide most");
      assert.ok(Number(free) >= 44, `${free} pixels of ${width} × ${height}`);
      await close();
    }
  });

  test("in the system's own colours, where those are forced", async () => {
    const { page, close } = await openExamOf(browser, system.client.url, exam.id, { forcedColors: "active" });
    for (const [one, other] of [
      ['.icon-button[aria-pressed="true"]', '.icon-button[aria-pressed="false"]'],
      [".choice-option[data-pressed]", ".choice-option:not([data-pressed])"],
      [".head nav a[aria-current]", ".head nav a:not([aria-current])"],
      ['.row[data-chosen="true"]', '.row[data-chosen="false"]'],
      [".meter-zone.negative", ".meter-zone.positive"],
    ] as const) {
      assert.notEqual(await looks(page, one), await looks(page, other), one);
    }
    for (const part of [".slider-track", ".slider-thumb", ".meter-zone"]) {
      assert.match(await looks(page, part), / 1px$/, part);
    }
    await close();
  });

  test("in letters of twice the size", async () => {
    const large = await launchBrowser("--blink-settings=defaultFontSize=32");
    try {
      for (const [width, height] of [
        [1280, 900],
        [360, 640],
      ] as const) {
        const { page, close } = await openPage(large, system.client.url, { viewport: { width, height } });
        await page.goto("/");
        await page.locator(".row").first().waitFor();
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${wide} wide at ${width}`);
        const covered = await page.locator(".choice-option").evaluateAll((options) =>
          options.flatMap((option) => {
            option.scrollIntoView({ block: "center" });
            const { left, top, width, height } = option.getBoundingClientRect();
            const hit = document.elementFromPoint(left + width / 2, top + height / 2);
            return option.contains(hit) ? [] : [option.textContent];
          }),
        );
        assert.deepEqual(covered, [], "every choice can be reached");
        const cut = await page.locator(".row").evaluateAll((rows) =>
          rows.flatMap((row) => {
            const [outer, text] = [row, row.querySelector(".row-text")].map((part) =>
              part?.getBoundingClientRect(),
            );
            const next = row.nextElementSibling?.getBoundingClientRect();
            const whole =
              outer &&
              text &&
              text.top >= outer.top &&
              text.bottom <= outer.bottom &&
              (next === undefined || next.top >= outer.bottom - 1);
            return whole ? [] : [row.textContent];
          }),
        );
        assert.deepEqual(cut, [], "every row has its whole text, and lies over no other");
        await close();
      }
    } finally {
      await large.close();
    }
  });

  test("on paper: every exam of the history, and what is found, dark on white", async () => {
    await copyExam(system, exam, copies);
    const { page, close } = await openPage(browser, system.client.url, { bypassCSP: true });
    await page.goto("/history");
    await page.getByLabel("Search").fill("copy");
    await page.locator(`.history-row[aria-setsize="${copies}"]`).first().waitFor();
    assert.ok((await page.locator(".history-row").count()) < copies, "on the screen only those in sight");
    const { pages } = await readPdf(await page.pdf({ format: "A4" }));
    const printed = new Set(pages.join(" ").match(/copy \d+/g));
    assert.equal(printed.size, copies);
    assert.ok(pages.join(" ").includes(exam.disclaimer));
    await page.waitForFunction((all) => document.querySelectorAll(".history-row").length < all, copies);

    await page.emulateMedia({ media: "print" });
    for (const [address, shown] of [
      ["/models/fracture-hand", "h1"],
      [`/exams/${exam.id}`, ".meaning li"],
    ] as const) {
      await page.goto(address);
      await page.locator(shown).first().waitFor();
      await page.addStyleTag({ content: paper });
      assert.deepEqual(await seriousFaults(page), [], address);
      assert.ok(await page.locator(".disclaimer").isVisible());
    }
    const across = await readPdf(await page.pdf({ format: "A4", landscape: true }));
    assert.ok(across.pages.join(" ").includes(exam.id), "its last fact, whatever the paper's shape");
    const [body, paperWidth] = await page
      .locator(".exam")
      .evaluate((element) => [element.clientWidth, innerWidth]);
    assert.ok(Number(body) > 0.9 * Number(paperWidth), `${body} of ${paperWidth} pixels`);
    for (const part of [".head", ".toolbar", ".worklist", ".exam-actions"]) {
      assert.ok(await page.locator(part).isHidden(), part);
    }
    await close();
  });

  test("on a phone, whose list stands where it stood when one comes back from an exam", async () => {
    const { page, close } = await openPage(browser, system.client.url, {
      viewport: { width: 390, height: 844 },
    });
    await page.goto("/");
    await page
      .locator(`.row[aria-setsize="${copies + 2}"]`)
      .first()
      .waitFor();
    await page.locator(".row a").first().click();
    await page.locator(".findings").waitFor();
    await page.goBack();
    await page.locator(".row").first().waitFor();
    // What a measurement moves, it moves within two frames.
    const edges = await page.evaluate(async () => {
      for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
      return [...document.querySelectorAll(".row")].map((row) => {
        const { top, bottom } = row.getBoundingClientRect();
        return { at: Number((row as HTMLElement).dataset.at), top, bottom };
      });
    });
    const inOrder = edges.toSorted((a, b) => a.at - b.at);
    assert.equal(inOrder[0]?.at, 0);
    assert.equal(await page.locator(".worklist-scroll").evaluate(({ scrollTop }) => scrollTop), 0);
    for (const [n, { top }] of inOrder.entries())
      assert.ok(n === 0 || top >= Number(inOrder[n - 1]?.bottom) - 1, `row ${n} lies over the one before`);
    await close();
  });
});
