import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Analysis } from "@osteon/shared";
import type { Browser, Page } from "playwright-core";
import { launchBrowser, openExamOf, openPage } from "../support/browser.js";
import { exampleOf, unidentifiedExam } from "../support/exams.js";
import { filmBytes, testFilms } from "../support/films.js";
import { isHeat, readPicture } from "../support/reports.js";
import { startTestSystem, type TestSystem } from "../support/system.js";
import { until } from "../support/until.js";

let system: TestSystem;
let browser: Browser;
/** Examined films: with regions, definite and doubtful, and one that is no film of a region we know. */
let definite: Analysis;
let doubtful: Analysis;
let other: Analysis;
before(async () => {
  [system, browser] = await Promise.all([startTestSystem(), launchBrowser()]);
  definite = await exampleOf(system, "positive");
  doubtful = await exampleOf(system, "doubtful");
  other = await unidentifiedExam(system);
});
after(async () => {
  await browser?.close();
  await system?.stop();
});

const openExam = (id: string, options = {}) => openExamOf(browser, system.client.url, id, options);

/** Sums up what the film's canvas shows, and how it lies. */
function look(page: Page): Promise<{ mean: number; transform: string; scale: number }> {
  return page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>(".pane-film");
    const data = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let sum = 0;
    for (let at = 0; at < data.length; at += 4) sum += data[at] ?? 0;
    const { transform } = getComputedStyle(document.querySelector(".pane-stage") ?? document.body);
    const { a, b } = new DOMMatrix(transform);
    return { mean: sum / (data.length / 4), transform, scale: Math.hypot(a, b) };
  });
}

/** How the first region's percentage is seen: its axes, and how far it begins from its box's upper left corner. */
function letters(page: Page): Promise<{ axes: number[]; away: number }> {
  return page.evaluate(() => {
    const text = document.querySelector<SVGTextElement>(".region text");
    const box = document.querySelector(".region .line")?.getBoundingClientRect();
    const seen = text?.getScreenCTM();
    if (!seen || !box) throw new Error("no region");
    const { a, b, c, d, e, f } = seen;
    return {
      axes: [a, b, c, d].map((part) => Math.sign(part) || 0),
      away: Math.hypot(e - box.left, f - box.top),
    };
  });
}

describe("the viewer", () => {
  test("does everything by keys", async () => {
    const { page, close } = await openExam(definite.id);
    const pane = page.getByRole("application");
    await pane.focus();
    const first = await look(page);
    const after = async (key: string) => {
      await page.keyboard.press(key);
      // A frame later it is drawn.
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      return look(page);
    };
    assert.ok((await after("+")).scale > first.scale, "zooms in");
    assert.ok((await after("-")).scale <= first.scale * 1.001, "zooms out");
    assert.ok(Math.abs((await after("1")).scale - 1) < 1e-6, "one to one");
    assert.equal((await after("0")).transform, first.transform, "fits again");
    assert.notEqual((await after("ArrowLeft")).transform, first.transform, "moves");
    await after("0");
    const inverted = await after("i");
    assert.ok(Math.abs(inverted.mean + first.mean - 255) < 1, "inverts every grey");
    await after("i");
    assert.ok((await after("]")).mean > first.mean, "brighter");
    assert.ok((await after("[")).mean <= first.mean + 1, "darker");
    assert.notEqual((await after(".")).mean, first.mean, "more contrast");
    await after("a");
    const automatic = await look(page);
    assert.notEqual(automatic.mean, first.mean, "the window fits the film's greys");
    const reset = await after("x");
    assert.deepEqual([reset.mean, reset.transform], [first.mean, first.transform], "as at first");
    const turned = await after("r");
    assert.match(turned.transform, /^matrix\(0, /, "turns");
    for (let turn = 0; turn < 3; turn += 1) await after("r");
    assert.equal((await look(page)).transform, first.transform, "four turns are none");
    assert.match((await after("h")).transform, /^matrix\(-/, "flips left and right");
    await after("h");
    assert.match((await after("v")).transform, /^matrix\([\d.]+, 0, 0, -/, "flips top and bottom");
    await after("v");

    assert.equal(await page.locator(".pane-heat").count(), 1);
    await after("o");
    assert.equal(await page.locator(".pane-heat").count(), 0, "hides the heat map");
    await after("o");
    await page.locator(".pane-heat").waitFor();
    const regions = definite.films[0]?.fracture?.regions?.length;
    assert.equal(await page.locator(".region.definite").count(), regions);
    await after("b");
    assert.equal(await page.locator(".region").count(), 0, "hides the regions");
    await after("b");
    await page.getByRole("slider", { name: "Opacity of the heat map" }).focus();
    await page.keyboard.press("Home");
    assert.equal(await page.locator(".pane-heat").evaluate((heat) => getComputedStyle(heat).opacity), "0");
    await page.keyboard.press("End");
    assert.equal(await page.locator(".pane-heat").evaluate((heat) => getComputedStyle(heat).opacity), "1");
    await pane.focus();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.waitForFunction(() => document.activeElement?.closest('[role="dialog"]') !== null);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await close();
  });

  test("keeps its keys on the film in hand, side by side and one large", async () => {
    const views = testFilms(3, "hand").map(({ file }) => ({ name: file, bytes: filmBytes(file) }));
    const { body } = await system.client.submit(views);
    await system.client.ended(body.id);
    const { page, close } = await openExam(body.id);
    for (const count of [3, 1]) {
      await page.locator(`.panes[data-count="${count}"] .pane`).first().focus();
      for (const key of ["PageDown", "PageDown"]) await page.keyboard.press(key);
      await page.locator('.pane[data-active="true"]:focus[aria-label^="View 3 of 3"]').waitFor();
      await page.keyboard.press("i");
      await page.getByRole("button", { name: "Invert", pressed: true }).waitFor();
      for (const key of ["PageUp", "PageUp"]) await page.keyboard.press(key);
      await page.locator('.pane:focus[aria-label^="View 1 of 3"]').waitFor();
      await page.getByRole("button", { name: "All views side by side" }).click();
    }
    await close();
  });

  test("writes its percentages upright, at their boxes, however the film lies", async () => {
    const { page, close } = await openExam(definite.id);
    await page.getByRole("application").focus();
    // All eight ways: four turns, and four of the film flipped.
    for (const key of ["", "r", "r", "r", "h", "r", "r", "r", "v"]) {
      if (key !== "") await page.keyboard.press(key);
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      const { axes, away } = await letters(page);
      assert.deepEqual(axes, [1, 0, 0, 1], `after ${key}`);
      assert.ok(away < 4, `${away} pixels away after ${key}`);
    }
    await close();
  });

  test("draws its boxes as thin as they were where one zooms in, so that they hide nothing", async () => {
    for (const exam of [definite, doubtful]) {
      const { page, close } = await openExam(exam.id, { reducedMotion: "reduce" });
      const pane = page.getByRole("application");
      await pane.focus();
      await page.keyboard.press("o");
      await page.locator(".pane-heat").waitFor({ state: "detached" });
      await page.evaluate(() => {
        for (const further of document.querySelectorAll(".region:not(:first-child)")) further.remove();
      });
      // What is drawn of the left edge, across it: its widest row. Of dots hardly a pixel has their colour wholly.
      const thickness = async () => {
        const { x, y, height } = await page
          .locator(".region .line")
          .evaluate((line) => line.getBoundingClientRect());
        const picture = await readPicture(await page.screenshot());
        const reach = { left: Math.round(x) - 30, right: Math.round(x) + 30 };
        const middle = Math.round(y + height / 2);
        const rows = Array.from({ length: 24 }, (_, at) => middle - 12 + at);
        const drawn = rows.map((top) => picture.count({ ...reach, top, bottom: top + 1 }, isHeat));
        return Math.max(...drawn);
      };
      const first = await thickness();
      assert.ok(first >= 1 && first <= 5, `${first} pixels`);
      const { scale } = await look(page);
      for (let now = scale; now < 4 * scale; ) {
        await page.keyboard.press("+");
        await until("the film is larger", 10, async () => (await look(page)).scale > now);
        now = (await look(page)).scale;
      }
      // That edge into the middle of the pane, wherever on the film it lies.
      const edge = await page.locator(".region .line").boundingBox();
      const around = await pane.boundingBox();
      assert.ok(edge && around);
      const [x, y] = [around.x + around.width / 2, around.y + around.height / 2];
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(2 * x - edge.x, 2 * y - edge.y - edge.height / 2);
      await page.mouse.up();
      await until("the edge is in the middle", 10, async () => {
        const moved = await page.locator(".region .line").boundingBox();
        return moved !== null && Math.abs(moved.x - x) < 1 && Math.abs(moved.y + moved.height / 2 - y) < 1;
      });
      const zoomed = await thickness();
      assert.ok(zoomed >= 1 && zoomed <= 5, `${zoomed} pixels at ${(await look(page)).scale}`);
      await close();
    }
  });

  test("is worked by mouse: drag, wheel, right button, double click", async () => {
    const { page, close } = await openExam(definite.id);
    const box = await page.getByRole("application").boundingBox();
    assert.ok(box);
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const first = await look(page);
    const drag = async (button: "left" | "right") => {
      await page.mouse.move(x, y);
      await page.mouse.down({ button });
      await page.mouse.move(x + 60, y + 40, { steps: 4 });
      await page.mouse.up({ button });
      return look(page);
    };
    const moved = await drag("left");
    assert.notEqual(moved.transform, first.transform);
    assert.equal(moved.mean, first.mean);
    assert.notEqual((await drag("right")).mean, first.mean, "the right button sets window and level");
    await page.mouse.wheel(0, -300);
    assert.ok((await look(page)).scale > first.scale);
    // By the times that its events bear, whatever a busy machine takes to pass them on.
    const mouse = await page.context().newCDPSession(page);
    const began = Date.now() / 1000;
    for (const tap of [0, 1]) {
      const there = { x, y, button: "left", clickCount: tap + 1, timestamp: began + tap * 0.1 } as const;
      await mouse.send("Input.dispatchMouseEvent", { ...there, type: "mousePressed" });
      await mouse.send("Input.dispatchMouseEvent", { ...there, type: "mouseReleased" });
    }
    assert.equal((await look(page)).transform, first.transform, "fits again");
    await close();
  });

  test("is worked by fingers: one moves, two zoom", async () => {
    const { page, close } = await openExam(definite.id, {
      hasTouch: true,
      isMobile: true,
      viewport: { width: 390, height: 844 },
    });
    const box = await page.getByRole("application").boundingBox();
    assert.ok(box);
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const first = await look(page);
    const touch = await page.context().newCDPSession(page);
    const send = (
      type: "touchStart" | "touchMove" | "touchEnd",
      points: { x: number; y: number; id: number }[],
    ) => touch.send("Input.dispatchTouchEvent", { type, touchPoints: points });
    await send("touchStart", [{ x: x - 20, y, id: 1 }]);
    await send("touchStart", [
      { x: x - 20, y, id: 1 },
      { x: x + 20, y, id: 2 },
    ]);
    for (const reach of [40, 60, 80])
      await send("touchMove", [
        { x: x - reach, y, id: 1 },
        { x: x + reach, y, id: 2 },
      ]);
    await send("touchEnd", []);
    const pinched = await look(page);
    assert.ok(pinched.scale > first.scale * 2, `${pinched.scale} of ${first.scale}`);
    await send("touchStart", [{ x, y, id: 1 }]);
    await send("touchMove", [{ x: x + 30, y: y + 30, id: 1 }]);
    await send("touchEnd", []);
    const moved = await look(page);
    assert.notEqual(moved.transform, pinched.transform);
    assert.equal(moved.scale, pinched.scale);
    await close();
  });

  for (const seen of [true, false]) {
    test(`lays no model's heat map over another's finding, where its withdrawal was ${seen ? "seen" : "missed"}`, async () => {
      const { page, close } = await openPage(browser, system.client.url, {}, /willReadFrequently/);
      const [film] = definite.films;
      assert.ok(film?.models?.fracture);
      const { bodyPart: _, fracture: __, outcome: ___, models, ...bare } = film;
      const next = { ...film, models: { ...models, fracture: { ...film.models.fracture, digest: "next" } } };
      let told: Analysis = { ...definite, status: "processing" };
      let heatMaps = 0;
      await page.route("**/heatmap.png", (route) => {
        heatMaps += 1;
        return route.fallback();
      });
      await page.route("**/v1/analyses?*", (route) => route.fulfill({ json: { data: [told] } }));
      // Each stream ends at once: the page looks around with the next.
      const stream = { contentType: "text/event-stream", body: "event: missed\ndata: {}\n\n" };
      await page.route("**/v1/events", (route) => route.fulfill(stream));
      await page.goto(`/exams/${definite.id}`);
      const heat = page.locator(".pane-heat");
      await heat.waitFor();
      if (seen) {
        told = { ...told, films: [bare] };
        await heat.waitFor({ state: "detached" });
        assert.equal(await page.locator(".region").count(), 0);
        assert.equal(await page.locator(".pane-film").count(), 1, "the film itself stays");
      }
      const asked = page.waitForRequest("**/heatmap.png");
      assert.equal(heatMaps, 1);
      told = { ...definite, films: [next] };
      await asked;
      await heat.waitFor();
      await close();
    });
  }

  test("tells what is not identified, why, and the rules; and the model's numbers with its card", async () => {
    const { page, close } = await openExam(other.id);
    assert.equal(other.outcome, "not-identified");
    await page.getByText("Result: Not identified").waitFor();
    await page.getByRole("link", { name: "What a film must be" }).click();
    await page.getByRole("heading", { level: 1, name: "Film rules" }).waitFor();
    assert.equal(await page.locator(".example svg.drawn").count(), 8);

    await page.goto(`/exams/${definite.id}`);
    const model = definite.films[0]?.models?.fracture;
    const { body } = await system.client.request<{
      data: { name: string; metrics: Record<string, { value: number }> }[];
    }>("/v1/models");
    const metrics = body.data.find(({ name }) => name === model?.name)?.metrics;
    for (const name of ["sensitivity", "specificity"]) {
      const value = Math.round((metrics?.[name]?.value ?? 0) * 100);
      await page.getByText(new RegExp(`^${name} ${value}%`, "i")).waitFor();
    }
    await page.getByRole("link", { name: /^Model card/ }).click();
    await page.getByRole("heading", { name: "Limits" }).waitFor();
    await close();
  });

  test("says what could not be loaded, and loads it when it is asked again", async () => {
    const { page, close } = await openPage(browser, system.client.url, {}, /willReadFrequently|403/);
    const refused = { status: 403, contentType: "application/problem+json", body: "{}" };
    const pictures = ["image.png", "heatmap.png"].map((name) => `**/${name}`);
    for (const url of [...pictures, "**/v1/models"]) await page.route(url, (route) => route.fulfill(refused));
    await page.goto(`/exams/${definite.id}`);
    const pane = page.locator(".pane");
    const again = pane.getByRole("button", { name: "Try again" });
    await pane.getByText("The picture could not be loaded.").waitFor();
    await page.unroute("**/image.png");
    await again.click();
    await page.locator(".pane-film").waitFor();
    await pane.getByText("The heat map could not be loaded.").waitFor();
    await page.unroute("**/heatmap.png");
    await again.click();
    await page.locator('.pane[data-loaded="true"]').waitFor();
    assert.equal(await page.locator(".pane-note").count(), 0);

    const meaning = page.locator(".meaning");
    await meaning.getByText("The model’s numbers could not be loaded.").waitFor();
    await page.unroute("**/v1/models");
    await meaning.getByRole("button", { name: "Try again" }).click();
    await meaning.getByText(/^Sensitivity/).waitFor();
    const model = definite.films[0]?.models?.fracture;
    for (const [data, text] of [
      [[], "No worker has this model loaded now"],
      [[{ ...model, digest: "next" }], "The model has been replaced since"],
    ] as const) {
      await page.route("**/v1/models", (route) => route.fulfill({ json: { data } }));
      await page.reload();
      await meaning.getByText(text).waitFor();
      assert.equal(await meaning.getByRole("link").count(), 0, "no card of another edition");
    }
    await close();
  });

  test("shows the answer in words and colours, its certainty and probability, its regions in their style", async () => {
    const colours = new Map<string, string>();
    for (const exam of [definite, doubtful, other]) {
      const { page, close } = await openExam(exam.id);
      const { bodyPart, fracture } = exam.films[0] ?? {};
      const answer = page.locator(".result-answer");
      await answer.waitFor();
      const colour = await answer.locator("strong").evaluate((text) => getComputedStyle(text).color);
      colours.set(await answer.locator("strong").innerText(), colour);
      if (fracture === undefined) {
        assert.equal(await page.locator(".region").count(), 0);
        await close();
        continue;
      }
      const part = bodyPart?.label ?? "";
      await page.getByText(`Type: ${part.charAt(0).toUpperCase()}${part.slice(1)}`).waitFor();
      const numbers = await page.locator(".result-numbers").innerText();
      assert.match(
        numbers,
        new RegExp(`Probability of a fracture\\s+${Math.round(fracture.probability * 100)}%`),
      );
      const definitely = fracture.certainty === "positive";
      assert.match(numbers, definitely ? /Certainty\s+Definite/ : /Certainty\s+Doubtful/);
      const dashes = await page
        .locator(".region .line")
        .evaluateAll((lines) => lines.map((line) => getComputedStyle(line).strokeDasharray));
      assert.equal(dashes.length, fracture.regions?.length);
      for (const dash of dashes) assert.equal(dash === "none", definitely, `${fracture.certainty}: ${dash}`);
      await close();
    }
    assert.ok(colours.size > 1 && new Set(colours.values()).size === colours.size, [...colours].join(" "));
  });
});
