import assert from "node:assert/strict";
import { test } from "node:test";
import { requireLoopback } from "../src/loopback.js";

test("without keys only loopback may be listened on", () => {
  for (const host of ["127.0.0.1", "127.8.8.8", "::1", "localhost"]) requireLoopback(host);
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "example.com", "127.0.0.1.example.com", ""]) {
    assert.throws(() => requireLoopback(host), /HOST/, host);
  }
});
