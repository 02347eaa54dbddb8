import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { digestOf } from "@osteon/shared";
import { uuidv7 } from "@osteon/shared/libraries/uuid";
import { answerTo } from "../support/answer-to.js";
import { filmBytes, testFilms } from "../support/films.js";
import { LoneGateway } from "../support/gateway.js";
import { RawConnection } from "../support/raw-http.js";

const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
const stallSeconds = 1;
let gateway: LoneGateway;
before(async () => {
  gateway = await LoneGateway.start({ STALL_TIMEOUT_SECONDS: String(stallSeconds) });
});
after(() => gateway?.stop());

const submitted = async (bytes: Buffer) => (await gateway.client.submit([{ name: "x", bytes }])).body.id;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: ${new URL(gateway.url).host}\r\n\r\n`;

test("an answer that nobody reads is cut off, and lies in memory no longer", {
  timeout: 30_000,
}, async () => {
  // More than the system keeps between the two. Not sent here, which would take longer than a client may.
  const bytes = Buffer.alloc(24 * 1024 * 1024);
  const id = uuidv7();
  const request = await gateway.request(await submitted(hand));
  const films = request.films.map((film) => ({ ...film, digest: digestOf(bytes), bytes: bytes.length }));
  await gateway.backbone.analyses.accept({ ...request, id, films }, [bytes]);
  const path = `/v1/analyses/${id}/films/0/original`;
  const asked = answerTo(path);
  const connection = await RawConnection.open(gateway.url);
  connection.socket.pause();
  connection.write(get(path));
  await once(await asked, "close");
  connection.socket.resume();
  assert.equal(await connection.answer(), undefined, "not all of it was sent");
  connection.close();
});

test("what is held, also behind an answer that was read, is not", { timeout: 30_000 }, async () => {
  const id = await submitted(hand);
  const connection = await RawConnection.open(gateway.url);
  connection.write(get(`/v1/analyses/${id}/films/0/original`));
  assert.equal((await connection.answer())?.status, 200);
  connection.write(get(`/v1/analyses/${id}?wait=${stallSeconds + 2}`));
  const held = await connection.answer();
  assert.equal(held?.status, 200);
  assert.match(held.body, /"queued"/);
  connection.close();
});
