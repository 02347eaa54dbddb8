import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { analysisFolder, FileStore, type Scope } from "@osteon/shared";
import type { Browser, Page } from "playwright-core";
import { seriousFaults } from "../support/axe.js";
import { filmFiles, launchBrowser, openPage, transfer } from "../support/browser.js";
import { TenantClient } from "../support/endpoints.js";
import { failedJob } from "../support/failed-job.js";
import { filmBytes, testFilms } from "../support/films.js";
import { startTestSystem, type TestSystem } from "../support/system.js";
import { TcpProxy } from "../support/tcp-proxy.js";

const film = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
let system: TestSystem;
let browser: Browser;
before(async () => {
  [system, browser] = await Promise.all([startTestSystem({ env: { AUTH: "keys" } }), launchBrowser()]);
});
after(async () => {
  await browser?.close();
  await system?.stop();
});

const makeKey = (tenant: string, ...scopes: Scope[]) =>
  system.ring.create({ tenant, name: `${tenant}'s screen`, scopes });

async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel("Key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Waits until the page hears of changes: it is through with signing in. */
async function live(page: Page): Promise<void> {
  await page.locator('.connection[data-state="live"]').waitFor({ state: "attached" });
}

describe("where keys are on", () => {
  test("a person signs in with one, sees the own tenant's films alone, and signs out", async () => {
    const [mine, theirs] = await Promise.all([
      makeKey("ours", "submit", "read"),
      makeKey("theirs", "submit", "read"),
    ]);
    const foreign = await new TenantClient(system.client.url, theirs.text).submit(film);
    const { page, close } = await openPage(
      browser,
      system.client.url,
      { bypassCSP: true },
      /401|404|ERR_FAILED/,
    );
    // A link that was shared leads there once its reader is in.
    await page.goto(`/exams/${foreign}`);
    await signIn(page, "osk_wrong");
    await page.getByRole("alert").getByText("This key is not valid").waitFor();
    assert.deepEqual(await seriousFaults(page), []);
    await signIn(page, mine.text);
    await page.getByRole("heading", { name: "No such exam" }).waitFor();

    const own = await new TenantClient(system.client.url, mine.text).submit(film);
    await page.goto(`/exams/${own}`);
    await page.getByText("Type: Hand").waitFor();
    assert.equal(await page.getByRole("link", { name: "Operate" }).count(), 0);
    const [cookie] = await page.context().cookies();
    assert.deepEqual(
      [cookie?.name, cookie?.httpOnly, cookie?.secure, cookie?.sameSite],
      ["__Host-osteon", true, true, "Strict"],
    );
    assert.equal(await page.evaluate(() => document.cookie), "");

    const signOut = async () => {
      await page.getByRole("button", { name: "ours's screen" }).click();
      await page.getByRole("menuitem", { name: "Sign out" }).click();
    };
    // Who leaves the screen must know that it is signed in still.
    await page.route("**/v1/session", (route) => route.abort(), { times: 1 });
    await signOut();
    await page.getByText("Osteon cannot be reached: nothing was done, try again.").waitFor();
    await signOut();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    assert.equal((await page.context().cookies()).length, 0);
    await close();
  });

  test("a key that may not read is told so, follows nothing, and sends films all the same", async () => {
    const [sender, operator] = await Promise.all([makeKey("sends", "submit"), makeKey("operates", "admin")]);
    const { page, close } = await openPage(browser, system.client.url, {}, /401|403/);
    const streams: string[] = [];
    page.on("request", (request) => {
      if (request.url().endsWith("/v1/events")) streams.push(request.url());
    });
    await page.goto("/");
    await signIn(page, sender.text);
    await page.getByText("Your key may not read results").waitFor();
    await transfer(page, "drop", filmFiles(1, "hand"));
    await page.getByRole("button", { name: "Examine 1 exam" }).click();
    await page.locator('.row[data-step="queued"]').waitFor();
    assert.deepEqual(streams, []);
    await close();

    const other = await openPage(browser, system.client.url, {}, /401/);
    await other.page.goto("/");
    await signIn(other.page, operator.text);
    await live(other.page);
    assert.equal(await other.page.getByText("Your key may").count(), 0);
    await other.close();
  });

  test("a session that ended asks for a key again, and the film rules need none", async () => {
    const { page, close } = await openPage(browser, system.client.url, {}, /401/);
    await page.goto("/rules");
    await page.getByRole("heading", { level: 1, name: "Film rules" }).waitFor();
    const { text, record } = await makeKey("ours", "submit", "read");
    await new TenantClient(system.client.url, text).submit(film);
    await page.goto("/history");
    await signIn(page, text);
    await page.getByRole("heading", { level: 1, name: "History" }).waitFor();
    await page.getByRole("link", { name: "Films" }).click();
    await page.locator(".row").first().waitFor();
    await system.ring.revoke(record.id);
    // Until the gateway believes it, which takes ten seconds at most.
    const status = () => page.evaluate(async () => (await fetch("/v1/analyses?limit=1")).status);
    const until = performance.now() + 60_000;
    while ((await status()) !== 401) {
      assert.ok(performance.now() < until, "a key that was revoked is believed");
      await page.evaluate(() => new Promise(requestAnimationFrame));
    }
    await page.getByRole("link", { name: "History" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();

    // Whoever comes next at the same screen sees nothing of theirs.
    const next = await makeKey("next", "submit", "read");
    await signIn(page, next.text);
    await page.getByRole("button", { name: "next's screen" }).waitFor();
    await page.getByRole("link", { name: "Films" }).click();
    await page.locator(".worklist").waitFor();
    assert.equal(await page.locator(".row").count(), 0);
    await close();
  });

  test("a film that is sent when the session has ended waits for its owner", async () => {
    const { page, close } = await openPage(browser, system.client.url, {}, /401/);
    const { text } = await makeKey("waiting", "submit", "read");
    await page.goto("/");
    // The one call of before: it must not be what is refused.
    const listed = page.waitForResponse("**/v1/analyses?*");
    await signIn(page, text);
    await listed;
    await page.getByRole("heading", { level: 1, name: "Find fractures" }).waitFor();
    const [chosen] = filmFiles(1, "hand");
    assert.ok(chosen);
    await transfer(page, "drop", [{ ...chosen, name: "waits.jpg" }]);
    await page.getByRole("button", { name: "Examine 1 exam" }).waitFor();
    await page.context().clearCookies();
    await page.getByRole("button", { name: "Examine 1 exam" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await signIn(page, text);
    await page.locator(".row", { hasText: "waits.jpg" }).and(page.locator('[data-step="done"]')).waitFor();
    await close();
  });

  test("a session that ended while the page lay open is noticed when its stream ends", async () => {
    const line = await TcpProxy.start(Number(new URL(system.client.url).port));
    const { page, close } = await openPage(browser, line.url, {}, /401|ERR_/);
    const { text } = await makeKey("ours", "submit", "read");
    await page.goto("/");
    await signIn(page, text);
    await live(page);
    line.refuse(true);
    await page.getByText("Connection lost").waitFor();
    // What the page asks from here on gets no answer, until the session is over and the line there again.
    await page.context().clearCookies();
    line.refuse(false);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await close();
    await line.close();
  });

  test("a refusal that cannot be asked about leaves the page, and is asked about once that can be", async () => {
    const line = await TcpProxy.start(Number(new URL(system.client.url).port));
    const { page, close } = await openPage(browser, line.url, {}, /401|ERR_/);
    const { text } = await makeKey("ours", "submit", "read");
    await page.goto("/");
    await signIn(page, text);
    await live(page);
    await page.context().clearCookies();
    await page.route("**/v1/session", (route) => route.abort());
    const asked = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/v1/session"));
    await page.getByRole("link", { name: "History" }).click();
    await asked;
    await page.getByRole("heading", { level: 1, name: "History" }).waitFor();
    await page.unroute("**/v1/session");
    line.refuse(true);
    line.refuse(false);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await close();
    await line.close();
  });
});

describe("for the operator", () => {
  /** A slow machine uses what was preloaded later than Chromium likes; a refusal has no sign of its own. */
  const expected = /401|was preloaded|favicon\.ico/;

  test("queues and workers are shown live; a delivery that was given up is made again", async () => {
    const { text } = await makeKey("ours", "submit", "read", "webhooks", "admin");
    const tenant = new TenantClient(system.client.url, text);
    const { id, receiver } = await tenant.register({ description: "The archive" });
    receiver.answer = () => 410;
    const { page, close } = await openPage(browser, system.client.url, {}, /401/);
    await page.goto("/operate");
    await signIn(page, text);
    await page.getByRole("heading", { level: 1, name: "Operate" }).waitFor();
    await page.getByText("fracture-hand", { exact: false }).first().waitFor();
    const figure = (name: string) => page.locator(".figure", { hasText: name }).locator(".figure-value");
    const ended = Number(await figure("Films examined").innerText());

    const analysis = await tenant.submit(film);
    await tenant.ended(analysis);
    await page.waitForFunction(
      (before) =>
        [...document.querySelectorAll(".figure")].some(
          (each) =>
            each.textContent?.includes("Films examined") &&
            Number(each.querySelector(".figure-value")?.textContent) > before,
        ),
      ended,
    );
    const letters = page.getByRole("region", { name: "Dead letters" });
    await letters.getByText(analysis).waitFor();
    const archive = page.getByRole("region", { name: "Webhooks" });
    await archive.getByText("disabled: the receiver said that it is gone").waitFor();

    receiver.answer = () => 204;
    await tenant.call("PATCH", `/v1/webhooks/${id}`, { enabled: true });
    await letters.getByRole("button", { name: "Redeliver" }).first().click();
    await archive.getByText("Delivered").first().waitFor();
    await letters.getByText(analysis).waitFor({ state: "detached" });

    const before = receiver.deliveries.length;
    await archive.getByRole("button", { name: "Redeliver" }).first().click();
    await page.getByText("On its way again").first().waitFor();
    await receiver.received(before + 1);
    await receiver.stop();
    await close();
  });

  test("the queues' own page is a link away: a failed job with its reason, nothing forbidden, nothing from outside", async () => {
    const { text } = await makeKey("ours", "admin");
    const id = await failedJob(system);
    const { page, close } = await openPage(browser, system.client.url, {}, expected);
    const strangers: string[] = [];
    const note = (request: { url(): string }) => {
      if (!request.url().startsWith(system.client.url)) strangers.push(request.url());
    };
    page.on("request", note);
    await page.goto("/operate");
    await signIn(page, text);
    // In a tab of its own: films that wait to be sent stay with the page.
    const opened = page.waitForEvent("popup");
    await page.getByRole("link", { name: "Look into the queues" }).click();
    const board = await opened;
    board.on("request", note);
    await board.getByRole("link", { name: "Fracture", exact: false }).first().click();
    await board
      .getByRole("link", { name: /^failed/i })
      .first()
      .click();
    await board.getByText(id, { exact: false }).first().waitFor();
    await board.getByText("processing-failed", { exact: false }).first().waitFor();
    assert.deepEqual(strangers, []);
    await close();
  });

  test("a browser without a session is asked for the key, and reads with it", async () => {
    const { text } = await makeKey("ours", "admin");
    const open = (password: string) =>
      openPage(browser, system.client.url, { httpCredentials: { username: "me", password } }, expected);
    const right = await open(text);
    assert.equal((await right.page.goto("/operate/queues"))?.status(), 200);
    await right.page.getByText("Body part, again").first().waitFor();
    await right.close();
    const wrong = await open("osk_wrong");
    assert.equal((await wrong.page.goto("/operate/queues"))?.status(), 401);
    await wrong.close();
  });

  test("a film that failed is told with its reason, and examined once an operator tries it again", async () => {
    const { text } = await makeKey("ours", "submit", "read", "admin");
    const store = new FileStore(path.join(system.running.dataDir, "store"));
    const tenant = new TenantClient(system.client.url, text);
    let analysis = "";
    const put = (bytes: Buffer) => store.put(`${analysisFolder("ours", analysis)}original-0`, bytes);
    await system.paused("bodypart-worker", async () => {
      analysis = await tenant.submit(film);
      await put(Buffer.from("no longer what was accepted"));
    });
    const { page, close } = await openPage(browser, system.client.url, {}, /401|404|409|500/);
    await page.goto(`/exams/${analysis}`);
    await signIn(page, text);
    await page.locator('.result[data-tone="failed"]').waitFor();
    await page.getByText("Stored film altered").first().waitFor();
    await page.getByRole("button", { name: "Try again" }).waitFor();

    await put(film);
    await page.getByRole("link", { name: "Operate" }).click();
    const letters = page.getByRole("region", { name: "Dead letters" });
    const letter = letters.getByRole("listitem").filter({ hasText: analysis });
    await letter.getByText(/digest it was accepted with/).waitFor();
    await letter.getByRole("button", { name: "Try again" }).click();
    await letter.waitFor({ state: "detached" });
    // What its client was told stays; a new exam came in its place.
    const { body } = await tenant.call<{ data: { id: string }[] }>("GET", "/v1/analyses?limit=1");
    assert.notEqual(body.data[0]?.id, analysis);
    await page.goto(`/exams/${body.data[0]?.id}`);
    await page.getByText("Type: Hand").waitFor();
    await close();
  });
});
