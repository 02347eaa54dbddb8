import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Osteon, ProblemError } from "../src/index.js";
import { json, ScriptedServer, type Step } from "./server.js";

const refused = (code: string) => json(401, { code, status: 401, title: "T", detail: "D", requestId: "r" });
const movedTo =
  (location: string): Step =>
  (_request, response) =>
    response.writeHead(301, { location }).end();

async function started(t: TestContext, ...steps: Step[]): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(...steps);
  t.after(() => server.stop());
  return server;
}

test("a question that is redirected to where its key does not go is told as redirected", async (t) => {
  const other = await started(t, refused("key-missing"));
  const { client, requests } = await started(t, movedTo(`${other.url}v1/analyses?secret=1`));
  await assert.rejects(client.list(), (error: unknown) => {
    assert.ok(error instanceof ProblemError);
    assert.deepEqual([error.status, error.code], [401, "http-error"]);
    assert.ok(error.message.includes(`The GET is redirected to ${other.url}v1/analyses and`));
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
  assert.equal(requests[0]?.headers.authorization, "Bearer osk_test");
  assert.equal(other.requests[0]?.headers.authorization, undefined);
});

test("what the key came to within its origin, and where there is none, is the server's to tell", async (t) => {
  const { client } = await started(t, movedTo("/elsewhere"), refused("key-invalid"));
  await assert.rejects(client.list(), /key-invalid/);
  const other = await started(t, refused("key-missing"));
  const { url } = await started(t, movedTo(other.url));
  await assert.rejects(new Osteon({ url }).list(), /key-missing/);
});
