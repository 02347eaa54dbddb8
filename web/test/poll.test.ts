import "./support/fake-browser.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { poll } from "../src/operate/poll.js";
import { page } from "./support/fake-browser.js";

test("a hidden page asks for nothing, and at once when it is seen again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let asked = 0;
  const pass = async () => {
    await new Promise(setImmediate);
    t.mock.timers.tick(3_000);
    await new Promise(setImmediate);
  };
  page.show(false);
  const end = poll(async () => {
    asked += 1;
  }, 3_000);
  await pass();
  assert.equal(asked, 0, "not even first");
  page.show(true);
  page.show(true);
  await pass();
  await pass();
  assert.equal(asked, 3);
  page.show(false);
  for (let times = 0; times < 10; times += 1) await pass();
  assert.equal(asked, 3);
  page.show(true);
  await pass();
  assert.equal(asked, 5);
  end();
  page.show(true);
  await pass();
  assert.equal(asked, 5);
});
