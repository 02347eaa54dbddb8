import assert from "node:assert/strict";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { filmBytes, testFilms } from "./films.js";

/** What keeps Chromium to itself: no sandbox (tests may run as root), no calls to its maker. */
const switches = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
];

/** A Chromium with an empty profile of its own. `CHROMIUM` is set by `npm test`, which installs one where it can. */
export function launchBrowser(...further: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: [...switches, ...further],
    // Files are saved under their names only where the system's names may have all letters.
    env: { ...process.env, LC_ALL: "C.UTF-8" },
    // The runner ends a test file that hangs by SIGTERM: Playwright would take that for its own, and the file hang on.
    handleSIGTERM: false,
  });
}

/** A page with what it complained of: scripts that failed, and what the content security policy forbade. */
export interface Watched {
  page: Page;
  complaints: string[];
  close(): Promise<void>;
}

/** Opens a page in a context of its own. What is passed over by `expected` is no complaint. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  expected = /^$/,
): Promise<Watched> {
  const context = await browser.newContext({
    baseURL: url,
    locale: "en-GB",
    viewport: { width: 1440, height: 900 },
    ...options,
  });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    const text = `${message.text()} ${message.location().url}`;
    if (["error", "warning"].includes(message.type()) && !expected.test(text)) complaints.push(text);
  });
  return {
    page,
    complaints,
    close: async () => {
      await context.close();
      assert.deepEqual(complaints, [], "the page complained");
    },
  };
}

/** Opens an exam, and waits for its first film. The tests read the canvas, which a browser calls slow. */
export async function openExamOf(
  browser: Browser,
  url: string,
  id: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const opened = await openPage(browser, url, { acceptDownloads: true, ...options }, /willReadFrequently/);
  await opened.page.goto(`/exams/${id}`);
  await opened.page.locator('.pane[data-loaded="true"]').first().waitFor();
  return opened;
}

/** A file for an `<input type="file">` or a drop. */
export interface PageFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** A film of the data as a file. */
export function filmFile(file: string, name = file): PageFile {
  return { name, mimeType: "image/jpeg", buffer: filmBytes(file) };
}

/** So many films of the test split, of a region where one is named. */
export function filmFiles(count: number, region?: string): PageFile[] {
  return testFilms(count, region).map(({ file }) => filmFile(file));
}

/** Drops files on the page, or pastes them, as a person would: by an event with a DataTransfer of them. */
export async function transfer(
  page: Page,
  kind: "drop" | "paste",
  files: readonly PageFile[],
): Promise<void> {
  const sent = files.map(({ name, mimeType, buffer }) => ({
    name,
    mimeType,
    base64: buffer.toString("base64"),
  }));
  await page.evaluate(
    async ({ kind, sent }) => {
      const data = new DataTransfer();
      for (const { name, mimeType, base64 } of sent) {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        data.items.add(new File([bytes], name, { type: mimeType }));
      }
      const event =
        kind === "drop"
          ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })
          : new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
      (document.querySelector("main") ?? document.body).dispatchEvent(event);
    },
    { kind, sent },
  );
}

/** Drags files and folders of this machine onto the page, as from its desktop. */
export async function dragFiles(page: Page, files: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", {
      type,
      x: 200,
      y: 200,
      data: { items: [], files: [...files], dragOperationsMask: 1 },
    });
  }
}
