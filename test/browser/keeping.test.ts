import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import type { Analysis } from "@osteon/shared";
import type { Browser } from "playwright-core";
import sharp from "sharp";
import { launchBrowser, openExamOf, openPage } from "../support/browser.js";
import { exampleOf, unidentifiedExam } from "../support/exams.js";
import { filmBytes, testFilms } from "../support/films.js";
import { is, isHeat, readPdf, readPicture } from "../support/reports.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

const web = JSON.parse(readFileSync(new URL("../../../web/package.json", import.meta.url), "utf8")) as {
  version: string;
};
const capital = (label = "") => label.charAt(0).toUpperCase() + label.slice(1);

let dataDir: string;
let system: TestSystem;
let browser: Browser;
/** Examined films: fractured and definite with a region, and one that is no film of a region we know. */
let definite: Analysis;
let other: Analysis;
before(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), "osteon-keeping-"));
  [system, browser] = await Promise.all([startTestSystem({ dataDir }), launchBrowser()]);
  definite = await exampleOf(system, "positive");
  other = await unidentifiedExam(system);
});
after(async () => {
  await browser?.close();
  await system?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const openExam = (id: string) => openExamOf(browser, system.client.url, id);

describe("what is kept", () => {
  test("an exam is saved as picture, PDF and JSON", async () => {
    const { page, close } = await openExam(definite.id);
    const saved = async (click: () => Promise<void>) => {
      const [download] = await Promise.all([page.waitForEvent("download"), click()]);
      return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
    };
    const fromMenu = (name: string) => async () => {
      await page.getByRole("button", { name: "More" }).click();
      await page.getByRole("menuitem", { name }).click();
    };
    const [film] = definite.films;
    assert.ok(film?.fracture !== undefined && definite.completedAt !== undefined);

    const png = await saved(() => page.getByRole("button", { name: "Save as picture" }).click());
    assert.match(png.name, /^osteon-名前-name-[0-9a-f]{8}\.png$/);
    const picture = await readPicture(png.bytes);
    assert.ok(picture.width >= 1600 && picture.height >= 1000);
    // The report has the film at the left, the findings at its right, the disclaimer below.
    const filmPart = { left: 48, top: 132, right: 1008, bottom: 1092 };
    const findings = { left: 1056, top: 132, right: 1632, bottom: 1092 };
    const foot = { left: 48, top: 1140, right: 1632, bottom: picture.height };
    assert.ok(picture.count(filmPart, isHeat) > 1_000, "the heat map lies over the film");
    assert.ok(picture.count(filmPart, is("#ff5a4f")) > 100, "the region's box is drawn, in its colour");
    assert.ok(picture.count(findings, is("#ff7a70")) > 100, "the result is in the colour of a fracture");
    assert.equal(picture.count(findings, is("#5fd899")), 0, "and in no other");
    assert.ok(picture.count(findings, is("#e9eff5")) > 500, "the findings are written beside it");
    assert.ok(picture.count(foot, is("#ffc14d")) > 500, "the disclaimer is below");

    const pdf = await saved(fromMenu("Save as PDF"));
    assert.match(pdf.name, /^osteon-名前-name-[0-9a-f]{8}\.pdf$/);
    const { pages, title, subject, pictures } = await readPdf(pdf.bytes);
    assert.equal(pages.length, 1);
    assert.deepEqual([title, subject], [`${definite.reference} · ${film.name}`, definite.disclaimer]);
    const percent = (share: number) => `${(share * 100).toFixed(1)}%`;
    // The browser of the tests speaks British English, in this machine's time.
    const time = (iso: string) =>
      new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
    const { bodyPart, fracture } = film.models ?? {};
    for (const line of [
      `Type: ${capital(definite.bodyPart?.label)}`,
      "Result: Fractured",
      `Probability of a fracture ${percent(film.fracture.probability)}`,
      "Certainty Definite",
      `Regions ${film.fracture.regions?.length} `,
      `Body part’s probability ${percent(film.bodyPart?.probability ?? 0)}`,
      `Reference ${definite.reference}`,
      `Received ${time(definite.createdAt)}`,
      `Examined ${time(definite.completedAt)}`,
      `Models ${bodyPart?.name} ${bodyPart?.version}, ${fracture?.name} ${fracture?.version}`,
      `Software Osteon ${web.version}`,
      `Id ${definite.id}`,
      definite.disclaimer,
    ]) {
      assert.ok(pages[0]?.includes(line), `"${line}" in ${pages[0]}`);
    }
    assert.doesNotMatch(pages[0] ?? "", /\?/, "letters that the fonts lack are drawn, not replaced");
    const jpegs = await Promise.all(pictures.map(readPicture));
    const image = await fetch(`${system.client.url}${definite.links.self}/films/0/image.png`);
    const size = await sharp(Buffer.from(await image.arrayBuffer())).metadata();
    const shown = jpegs.find(({ width }) => width === 2 * size.width);
    assert.equal(shown?.height, 2 * size.height, "the film is in it");
    const whole = { left: 0, top: 0, right: shown?.width ?? 0, bottom: shown?.height ?? 0 };
    assert.ok((shown?.count(whole, isHeat) ?? 0) > 1_000, "with its heat map");

    const json = await saved(fromMenu("Save as JSON"));
    assert.deepEqual(JSON.parse(json.bytes.toString()), definite);
    await close();
  });

  test("long names and references stay on the page of a PDF", async () => {
    const reference = `${"Accession ".repeat(8)}${"W".repeat(120)}`;
    const { body } = await system.client.submit(
      [{ name: `${"W".repeat(190)}.jpg`, bytes: filmBytes(testFilms(1, "hand")[0]?.file ?? "") }],
      { reference },
    );
    await system.client.ended(body.id);
    const { page, close } = await openExam(body.id);
    await page.getByRole("button", { name: "More" }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "Save as PDF" }).click(),
    ]);
    const { pages, reach } = await readPdf(readFileSync(await download.path()));
    // A4, with its margins; the last line is the disclaimer.
    assert.ok(reach.right <= 595 - 48, `reaches to ${reach.right}`);
    assert.equal(reach.bottom, 34);
    const text = pages[0]?.replaceAll(" ", "") ?? "";
    assert.ok(text.includes(reference.replaceAll(" ", "")) && text.includes(`${"W".repeat(190)}.jpg`), text);
    await close();
  });

  test("a picture says its whole answer, whatever its length, and grows with names that are long", async () => {
    const [first] = other.films;
    assert.ok(first !== undefined);
    const told: Analysis = {
      ...other,
      reference: "Accession ".repeat(19),
      outcome: "unsupported-region",
      films: [{ ...first, name: `${"W".repeat(190)}.jpg`, outcome: "unsupported-region" }],
    };
    const { page, close } = await openPage(
      browser,
      system.client.url,
      { acceptDownloads: true },
      /willReadFrequently/,
    );
    // Neither the list nor its stream may tell what the gateway has instead.
    await page.route("**/v1/analyses?*", (route) => route.fulfill({ json: { data: [told] } }));
    await page.route(`**/v1/analyses/${told.id}`, (route) => route.fulfill({ json: told }));
    await page.goto(`/exams/${told.id}`);
    await page.locator('.pane[data-loaded="true"]').waitFor();
    await page.evaluate(() => {
      const { fillText } = CanvasRenderingContext2D.prototype;
      const written: string[] = [];
      Object.assign(window, { written });
      CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
        written.push(text);
        fillText.call(this, text, ...place);
      };
    });
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save as picture" }).click(),
    ]);
    const written = await page.evaluate(() => (window as unknown as { written: string[] }).written);
    // The first two are the maker and the title, which is one line.
    const below = written.slice(2);
    assert.ok(below.join(" ").includes("Result: No model for this region"), below.join("\n"));
    assert.deepEqual(
      below.filter((line) => line.endsWith("…")),
      [],
    );
    assert.ok(below.join("").includes(`${"W".repeat(190)}.jpg`));
    assert.equal(below.join(" ").split("Accession").length - 1, 19);
    const picture = await readPicture(readFileSync(await download.path()));
    assert.ok(picture.height > 1212, `${picture.height}: as high as the findings are`);
    await close();
  });

  test("it is found again tomorrow, by search and filters, shared by its link, and erased for good", async () => {
    await system.stop();
    system = await startTestSystem({ dataDir });
    const { page, close } = await openPage(
      browser,
      system.client.url,
      { permissions: ["clipboard-read", "clipboard-write"] },
      /404/,
    );
    await page.goto("/history");
    const rows = page.locator(".history-row");
    await rows.first().waitFor();
    await page.getByLabel("Search").fill("名前 REF");
    await page.getByRole("combobox", { name: "Result" }).selectOption("fractured");
    await page.getByRole("combobox", { name: "Body part" }).selectOption(definite.bodyPart?.label ?? "");
    const own = rows.filter({ has: page.locator(`a[href="/exams/${definite.id}"]`) });
    await own.waitFor();
    await page.getByLabel("Search").fill("nothing has this name");
    await page.getByText("No exam matches these filters.").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByRole("combobox", { name: "Result" }).selectOption("none");
    await page.locator(`a[href="/exams/${other.id}"]`).waitFor();
    assert.equal(await own.count(), 0);
    await page.getByRole("button", { name: "Clear filters" }).click();

    await own.getByRole("link").click();
    await page.locator('.pane[data-loaded="true"]').waitFor();
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: "Copy link" }).click();
    await page.getByText("Link copied").waitFor();
    assert.equal(
      await page.evaluate(() => navigator.clipboard.readText()),
      `${system.client.url}/exams/${definite.id}`,
    );

    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: "Erase" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Keep it" }).click();
    assert.equal((await system.client.get(definite.id)).status, 200);
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: "Erase" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Erase" }).click();
    await page.getByText("Erased", { exact: true }).waitFor();
    assert.equal((await system.client.get(definite.id)).status, 404);
    await page.goto(`/exams/${definite.id}`);
    await page.getByRole("heading", { name: "No such exam" }).waitFor();
    await close();
  });
});
