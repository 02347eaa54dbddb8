import assert from "node:assert/strict";
import { test } from "node:test";
import { keysBeyondLoopback, loadConfig } from "../../src/index.js";

test("without keys only loopback may be listened on", () => {
  for (const HOST of ["127.0.0.1", "127.8.8.8", "::1", "localhost"]) loadConfig({ HOST }, keysBeyondLoopback);
  for (const HOST of ["0.0.0.0", "::", "10.0.0.1", "example.com", "127.0.0.1.example.com"]) {
    assert.throws(() => loadConfig({ HOST }, keysBeyondLoopback), /HOST/, HOST);
    loadConfig({ HOST, AUTH: "keys" }, keysBeyondLoopback);
    // A worker answers its probes there.
    loadConfig({ HOST });
  }
});
