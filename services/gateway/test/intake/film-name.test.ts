import assert from "node:assert/strict";
import { test } from "node:test";
import { filmName } from "../../src/intake/film-name.js";

test("a name is the file's own, without what steers whoever shows it", () => {
  assert.equal(filmName("C:\\films\\../hand.png"), "hand.png");
  assert.equal(filmName(" a\u0000\u001b[2J\u202eb\u2066\ud800.png\n"), "a[2Jb.png");
  assert.equal(filmName(undefined), "");
});

test("a name that a browser wrote into a form is the file's again", () => {
  assert.equal(filmName("17%22 hand%0D%0A, 50%25 100%.png"), '17" hand, 50%25 100%.png');
});

test("names of every language stay as they are written", () => {
  // Persian and Sinhala need the joiners; so do composed pictures.
  for (const name of ["می‌شود.png", "ශ්‍රී.png", "👩‍⚕️.png"]) assert.equal(filmName(name), name);
});

test("a long name is cut between characters", () => {
  assert.equal(filmName(`${"a".repeat(199)}🦴🦴`), `${"a".repeat(199)}🦴`);
});
