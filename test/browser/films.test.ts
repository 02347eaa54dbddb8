import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import type { Analysis } from "@osteon/shared";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { dragFiles, filmFiles, launchBrowser, openPage, transfer } from "../support/browser.js";
import { annotations, testFilms } from "../support/films.js";
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

/** The analyses that the gateway knows, newest first. */
async function analyses(): Promise<Analysis[]> {
  const { body } = await system.client.request<{ data: Analysis[] }>("/v1/analyses?limit=100");
  return body.data;
}

const row = (page: Page, name: string | RegExp) => page.locator(".row", { hasText: name });

describe("films come in", () => {
  test("twelve that are dropped at once are seen through, each is read, and the answers are the gateway's", async () => {
    const { page, close } = await openPage(browser, system.client.url);
    await page.goto("/");
    const twelve = ["hand", "elbow", "shoulder", "leg"].flatMap((region) => filmFiles(3, region));
    await page.getByRole("heading", { name: "Find fractures in X-ray films" }).waitFor();
    await transfer(page, "drop", twelve);
    await page.getByRole("button", { name: "Examine 12 exams" }).click();
    await page.locator('.row[data-step="done"]').nth(11).waitFor();
    assert.equal(await page.locator(".row").count(), 12);
    const ended = await analyses();
    assert.equal(ended.length, 12);
    for (const { name } of twelve) {
      const analysis = ended.find((each) => each.films[0]?.name === name);
      assert.ok(analysis);
      await row(page, name).getByRole("link").click();
      await page.getByRole("heading", { level: 1, name }).waitFor();
      assert.equal(new URL(page.url()).pathname, `/exams/${analysis.id}`);
      await page.locator('.pane[data-loaded="true"]').waitFor();
      const result = await page.locator(".result-answer").innerText();
      const { outcome, fracture } = analysis;
      const said = {
        analysed: fracture?.label === "fractured" ? "Fractured" : "Normal",
        "not-identified": "Not identified",
        "unsupported-region": "No model for this region",
      }[outcome ?? "analysed"];
      assert.equal(result.trim(), `Result: ${said}`);
    }
    await close();
  });

  test("what is no film, too small, empty or coloured is told before it is sent", async () => {
    const { page, close } = await openPage(browser, system.client.url);
    await page.goto("/");
    const small = await sharp({ create: { width: 200, height: 400, channels: 3, background: "#555" } })
      .jpeg()
      .toBuffer();
    const coloured = await sharp({ create: { width: 400, height: 400, channels: 3, background: "#c33" } })
      .png()
      .toBuffer();
    const before = (await analyses()).length;
    await page
      .locator('input[data-picker="files"]')
      .setInputFiles([
        ...filmFiles(1, "hand"),
        { name: "small.jpg", mimeType: "image/jpeg", buffer: small },
        { name: "red.png", mimeType: "image/png", buffer: coloured },
        { name: "notes.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no film at all") },
        { name: "empty.jpg", mimeType: "image/jpeg", buffer: Buffer.alloc(0) },
      ]);
    const state = (name: string) => page.locator(".staged", { hasText: name }).locator(".staged-state");
    await state("small.jpg").getByText("Fewer than 224 pixels on a side").waitFor();
    await state("red.png").getByText("Has colours: films are grey").waitFor();
    await state("notes.jpg").getByText("No JPEG, PNG, WebP, TIFF or DICOM").waitFor();
    await state("empty.jpg").getByText("The file is empty").waitFor();
    await page.getByText("2 exams · 3 cannot be sent").waitFor();
    await page.getByRole("button", { name: "Remove red.png" }).click();
    await page.getByRole("button", { name: "Examine 1 exam" }).click();
    await page.getByText("3 films", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Remove all" }).click();
    await page.getByText(`${before + 1} exams`).waitFor();
    assert.equal((await analyses()).length, before + 1);
    await close();
  });

  test("a reference that is typed while films are looked at sends nothing, and is not the next patient's", async () => {
    const { page, close } = await openPage(browser, system.client.url);
    await page.addInitScript(() => {
      const { arrayBuffer } = Blob.prototype;
      const released = new Promise((resolve) => window.addEventListener("release", resolve));
      Blob.prototype.arrayBuffer = async function () {
        await released;
        return arrayBuffer.call(this);
      };
    });
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    await transfer(page, "drop", [
      ...filmFiles(1, "hand"),
      { name: "notes.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no film at all") },
    ]);
    const reference = page.getByLabel("Reference");
    await reference.click();
    await page.keyboard.type("A");
    await page.evaluate(() => window.dispatchEvent(new Event("release")));
    await page.getByText("1 exam · 1 cannot be sent").waitFor();
    await page.keyboard.type(" 12");
    assert.equal(await reference.inputValue(), "A 12");
    await page.getByRole("button", { name: "Examine 1 exam" }).click();
    await page.getByText("1 film", { exact: true }).waitFor();
    assert.equal(await reference.inputValue(), "");
    await row(page, "A 12").and(page.locator('[data-step="done"]')).waitFor();
    assert.equal((await analyses())[0]?.reference, "A 12");
    await page.getByRole("button", { name: "Remove all" }).click();
    // Where nothing else is done the next thing is at hand.
    await transfer(page, "drop", filmFiles(1, "elbow"));
    const examine = page.getByRole("button", { name: "Examine 1 exam" });
    await examine.and(page.locator(":focus")).waitFor();
    await page.getByRole("button", { name: "Remove all" }).click();
    await close();
  });

  test("views are grouped as one exam, and lie side by side", async () => {
    const { page, close } = await openPage(browser, system.client.url);
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    const three = filmFiles(6, "hand").slice(3);
    await transfer(page, "drop", three);
    const mark = (name = "") => page.getByRole("checkbox", { name: `Mark ${name}` }).check();
    // One alone makes no exam: the button says that it takes all.
    await mark(three[1]?.name);
    await page.getByRole("button", { name: "Group as one exam" }).click();
    await page.getByText("Exam 1: 3 views").waitFor();
    await page.getByRole("button", { name: "Ungroup" }).click();
    await page.getByRole("button", { name: "Examine 3 exams" }).waitFor();
    for (const { name } of three.slice(0, 2)) await mark(name);
    await page.getByRole("button", { name: "Group 2 as one exam" }).click();
    await page.getByText("Exam 1: 2 views").waitFor();
    await page.getByLabel("Reference").fill("two views");
    await page.getByRole("button", { name: "Examine 2 exams" }).click();
    const exam = page.locator('.row[data-step="done"]', { hasText: "2 views" });
    await exam.waitFor();
    const analysis = (await analyses()).find((each) => each.films.length === 2);
    assert.deepEqual(
      [analysis?.reference, analysis?.films.map((film) => film.name)],
      ["two views", three.slice(0, 2).map(({ name }) => name)],
    );
    await exam.getByRole("link").click();
    await page.locator('.pane[data-loaded="true"]').nth(1).waitFor();
    await page.keyboard.press("Tab");
    await page.getByRole("button", { name: "All views side by side" }).click();
    assert.equal(await page.locator(".pane").count(), 1);
    await page.locator(".pane").focus();
    await page.keyboard.press("PageDown");
    await page.getByRole("application", { name: /View 2 of 2/ }).waitFor();
    await close();
  });

  test("a group of more films than an exam may have is shown as the exams that it becomes", async () => {
    const { page, close } = await openPage(browser, system.client.url);
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    const [film] = filmFiles(1, "hand");
    assert.ok(film);
    await transfer(
      page,
      "drop",
      Array.from({ length: 18 }, (_, at) => ({ ...film, name: `view ${at}.jpg` })),
    );
    await page.getByRole("button", { name: "Group as one exam" }).click();
    await page.getByText("Exam 1: 16 views").waitFor();
    await page.getByText("Exam 2: 2 views").waitFor();
    await page.getByText("2 exams · One exam takes 16 films and 128 MB at most").waitFor();
    await page.getByRole("button", { name: "Examine 2 exams" }).waitFor();
    await page.getByRole("button", { name: "Remove all" }).click();
    await close();
  });

  test("a pasted picture, a photograph and a folder come in too; a folder may be one exam", async () => {
    const { page, close } = await openPage(browser, system.client.url, { permissions: ["camera"] });
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    await transfer(page, "paste", filmFiles(1, "elbow"));
    await page.getByRole("button", { name: "Examine 1 exam" }).waitFor();
    await page.getByRole("button", { name: "Remove all" }).click();

    await page.getByRole("button", { name: "Camera" }).click();
    await page.waitForFunction(() => (document.querySelector("video")?.videoWidth ?? 0) > 0);
    await page.getByRole("button", { name: "Take the picture" }).click();
    await page.locator(".staged", { hasText: "camera.png" }).waitFor();
    await page.getByRole("button", { name: "Remove all" }).click();

    const folder = mkdtempSync(path.join(os.tmpdir(), "osteon-films-"));
    try {
      for (const [name, region] of [
        ["exam 1", "hand"],
        ["exam 2", "leg"],
      ] as const) {
        mkdirSync(path.join(folder, name));
        for (const film of filmFiles(2, region))
          writeFileSync(path.join(folder, name, film.name), film.buffer);
        writeFileSync(path.join(folder, name, ".DS_Store"), "");
      }
      await page.getByRole("button", { name: "One exam a folder" }).click();
      await page.locator('input[data-picker="folder"]').setInputFiles(folder);
      await page.getByText("Exam 2: 2 views").waitFor();
      await page.getByRole("button", { name: "Examine 2 exams" }).waitFor();
      assert.equal(await page.locator(".staged").count(), 4);
      await page.getByRole("button", { name: "Remove all" }).click();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    await close();
  });

  test("films are dropped on any page, folders and what is in them too, as from the desktop", async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "osteon-films-"));
    const { page, close } = await openPage(browser, system.client.url);
    try {
      mkdirSync(path.join(folder, "exam", "later"), { recursive: true });
      const [first, second, third] = filmFiles(3, "hand");
      for (const [name, film] of [
        ["a.jpg", first],
        [path.join("exam", "b.jpg"), second],
        [path.join("exam", "later", "c.jpg"), third],
      ] as const)
        writeFileSync(path.join(folder, name), film?.buffer ?? "");
      await page.goto("/rules");
      await page.getByRole("heading", { level: 1, name: "Film rules" }).waitFor();
      await dragFiles(page, [path.join(folder, "a.jpg"), path.join(folder, "exam")]);
      await page.getByRole("button", { name: "Examine 3 exams" }).waitFor();
      for (const name of ["a.jpg", "b.jpg", "c.jpg"])
        await page.locator(".staged", { hasText: name }).locator("img").waitFor();
      await page.getByRole("button", { name: "Remove all" }).click();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    await close();
  });

  test("each step of a film's way is told as it happens", async () => {
    const { page, close } = await openPage(browser, system.client.url);
    await page.goto("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    const [film] = filmFiles(1, "hand");
    assert.ok(film);
    const at = (step: string) => row(page, "steps.jpg").and(page.locator(`[data-step="${step}"]`));
    await system.paused("fracture-worker", async () => {
      await system.paused("bodypart-worker", async () => {
        await transfer(page, "drop", [{ ...film, name: "steps.jpg" }]);
        await page.getByRole("button", { name: "Examine 1 exam" }).click();
        await at("queued").getByText("Uploaded").waitFor();
      });
      await at("examining").getByText("Being examined").waitFor();
      await at("examining").getByText("Hand").waitFor();
    });
    await at("done").waitFor();
    await close();
  });

  test("a sample is one click away from its result; there is the first of each region and label", async () => {
    const { page, close } = await openPage(browser, system.client.url);
    await page.goto("/");
    await page.getByRole("button", { name: /^Hip labelled normal/ }).waitFor();
    const shown = await page
      .locator(".sample img")
      .evaluateAll((images) => images.map((image) => /IMG\d+/.exec((image as HTMLImageElement).src)?.[0]));
    const first = new Map(
      [...testFilms(annotations.length)]
        .sort((a, b) => (a.file < b.file ? 1 : -1))
        .map(({ file, region, fractured }) => [`${region} ${fractured}`, file.slice(0, -4)]),
    );
    assert.deepEqual(shown.sort(), [...first.values()].sort());
    await page.getByRole("button", { name: /^Hip labelled normal/ }).click();
    await page.getByText("Type: Hip").waitFor();
    await page.getByText(/^Sensitivity \d+%/).waitFor();
    // Two films' certainty is not told as a hundred's.
    assert.match(
      await page.locator(".meaning li").first().innerText(),
      /\(\d\d% to 100%\)\nMeasured on 2 fractured films \(hip\)/,
    );
    assert.match(await page.locator(".disclaimer").innerText(), /Research use only/);
    await close();
  });
});
