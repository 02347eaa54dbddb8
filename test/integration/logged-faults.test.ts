import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError } from "@osteon/shared";
import { pino } from "@osteon/shared/libraries/telemetry";
import { Client } from "../support/client.js";
import { LoneGateway } from "../support/gateway.js";

test("a fault is logged with the path of its request, without the query: that may hold a person's reference", async (t) => {
  const lines: string[] = [];
  const logger = pino({ level: "trace" }, { write: (line) => lines.push(line) });
  const gateway = await LoneGateway.start({}, undefined, logger);
  t.after(() => gateway.stop());
  t.mock.method(gateway.backbone.analyses.ledger, "list", async () => {
    throw new ProblemError("store-unavailable");
  });
  const answer = await gateway.client.request("/v1/analyses?reference=Mustermann");
  Client.refused(answer, 503, "store-unavailable");
  const told = lines
    .map((line) => JSON.parse(line) as { msg?: string; req?: object })
    .filter(({ msg }) => msg === "store-unavailable");
  const id = answer.headers.get("x-request-id");
  assert.deepEqual(
    told.map(({ req }) => req),
    [{ method: "GET", path: "/v1/analyses", id }],
  );
  assert.doesNotMatch(lines.join(""), /Mustermann/);
});
