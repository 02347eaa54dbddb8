import assert from "node:assert/strict";
import { before, test } from "node:test";
import { startMessages } from "../src/messages/catalogues.js";
import { explanationOf, sizeOf } from "../src/words/results.js";

before(() => startMessages(["en"], {}));

test("only where there are regions is the reader sent to look at them", () => {
  const region = { x: 0, y: 0, width: 1, height: 1, score: 1 };
  const explained = (certainty: "doubtful" | "positive") =>
    [{ regions: [region] }, { regions: [] }, {}].map((found) => explanationOf({ certainty, ...found }));
  const [dotted, ...doubtful] = explained("doubtful");
  const [solid, ...positive] = explained("positive");
  assert.match(dotted ?? "", /^Between the thresholds.* Look at the dotted regions/);
  assert.match(solid ?? "", /^Above the upper threshold.* see the solid regions/);
  for (const [nowhere, withoutPlaces] of [doubtful, positive]) {
    assert.match(nowhere ?? "", /no region stands out/);
    assert.doesNotMatch(withoutPlaces ?? "region", /region/);
  }
  assert.match(doubtful.join(), /^Between the thresholds.*,Between the thresholds/);
  assert.match(positive.join(), /^Above the upper threshold.*,Above the upper threshold/);
  assert.match(explanationOf({ certainty: "negative", regions: [] }), /^Below the lower threshold/);
});

test("a film that is shown smaller than it is says so", () => {
  assert.equal(sizeOf({ width: 3600, height: 4000 }), "3600 × 4000 px, shown at 922 × 1024");
  assert.equal(sizeOf({ width: 100_000, height: 1 }), "100000 × 1 px, shown at 1024 × 1");
  assert.equal(sizeOf({ width: 1024, height: 300 }), "1024 × 300 px");
  assert.equal(sizeOf({}), undefined);
});
