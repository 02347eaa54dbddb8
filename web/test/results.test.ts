import assert from "node:assert/strict";
import { before, test } from "node:test";
import { startMessages } from "../src/messages/catalogues.js";
import { explanationOf } from "../src/words/results.js";

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
