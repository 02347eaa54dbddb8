import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError, SecretBox } from "../../src/index.js";

const [old, young] = ["o".repeat(32), "y".repeat(32)];
const code = (expected: string) => (error: unknown) =>
  error instanceof ProblemError && error.code === expected;

test("what is sealed opens again, and shows nothing", () => {
  const box = new SecretBox(old);
  // Long, so that no random bytes look like it by chance.
  const secret = `whsec_${"0123456789abcdef".repeat(2)}`;
  const sealed = box.seal(secret, "a/1");
  assert.equal(box.open(sealed, "a/1"), secret);
  for (const part of sealed.split("."))
    for (const text of [part, Buffer.from(part, "base64url").toString("latin1")])
      assert.ok(!text.includes(secret.slice(6)), "it does not show the secret");
  assert.notEqual(box.seal(secret, "a/1"), sealed, "equal secrets do not look equal");
});

test("it opens only where it belongs, unaltered, and with its master secret", () => {
  const box = new SecretBox(old);
  const sealed = box.seal("whsec_abc", "a/1");
  assert.throws(() => box.open(sealed, "a/2"), code("config-invalid"));
  const flipped = sealed.replace(/\.(.)/, (_, first) => `.${first === "A" ? "B" : "A"}`);
  assert.throws(() => box.open(flipped, "a/1"), code("config-invalid"));
  assert.throws(() => new SecretBox(young).open(sealed, "a/1"), code("config-invalid"));
  assert.throws(() => new SecretBox(undefined).open(sealed, "a/1"), code("config-invalid"));
});

test("a new master secret seals while the old one still opens", () => {
  const sealed = new SecretBox(old).seal("whsec_abc", "a/1");
  const both = new SecretBox(`${young},${old}`);
  assert.equal(both.open(sealed, "a/1"), "whsec_abc");
  assert.equal(new SecretBox(young).open(both.seal("whsec_abc", "a/1"), "a/1"), "whsec_abc");
});

test("without a master secret nothing is sealed", () => {
  assert.throws(() => new SecretBox(undefined).seal("whsec_abc", "a/1"), code("webhooks-off"));
});
