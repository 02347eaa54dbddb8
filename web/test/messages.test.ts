import assert from "node:assert/strict";
import { test } from "node:test";
import i18next from "i18next";
import { startMessages } from "../src/messages/catalogues.js";

const german = async () => ({
  history: { title: "Verlauf", found_one: "{{count}} Aufnahme", found_other: "{{count}} Aufnahmen" },
});

test("the page speaks the first of the reader's languages that it has, and English where that is silent", async () => {
  for (const [wanted, language, title] of [
    [["pl", "de-AT", "en"], "de", "Verlauf"],
    [["en-GB", "de"], "en", "History"],
    [["pl"], "en", "History"],
    [[], "en", "History"],
  ] as const) {
    await startMessages(wanted, { "./de.json": german });
    assert.equal(i18next.language, language, wanted.join());
    assert.equal(i18next.t("history.title"), title);
    assert.equal(i18next.t("history.search"), "Search");
  }
  await startMessages(["de"], { "./de.json": german });
  const found = (count: number) => i18next.t("history.found", { count, looked: "9" });
  assert.deepEqual([found(1), found(2)], ["1 Aufnahme", "2 Aufnahmen"]);
});
