import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { answerInTurn } from "@osteon/gateway/plugins/pipelining";
import type { Analysis } from "@osteon/shared";
import { answerTo } from "../support/answer-to.js";
import { filmBytes, testFilms } from "../support/films.js";
import { LoneGateway } from "../support/gateway.js";
import { RawConnection } from "../support/raw-http.js";
import { until } from "../support/until.js";

const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
const script = "/docs/static/swagger-ui-bundle.js";
let gateway: LoneGateway;
before(async () => {
  gateway = await LoneGateway.start();
});
after(() => gateway?.stop());

const asked = (method: string, path: string, ...headers: string[]) =>
  `${[`${method} ${path} HTTP/1.1`, `Host: ${new URL(gateway.url).host}`, ...headers].join("\r\n")}\r\n\r\n`;
const submitted = async () => (await gateway.client.submitRaw(hand, "image/jpeg")).body.id;
const statusOf = async (id: string) =>
  (await gateway.client.request<Analysis>(`/v1/analyses/${id}`)).body.status;
const descriptors = async () => (await readdir("/proc/self/fd")).length;

describe("requests that come before the answer to the one before them", () => {
  test("are answered one by one, in their order", async () => {
    const connection = await RawConnection.open(gateway.url);
    connection.write((asked("GET", "/livez") + asked("HEAD", "/nothing")).repeat(30));
    // Of HEAD the length is told and nothing is sent, so heads are what counts here.
    const statuses: string[] = [];
    connection.socket.on("data", (text: string) => {
      statuses.push(...(text.match(/HTTP\/1\.1 \d+/g) ?? []));
    });
    await until("60 answers", 10, () => statuses.length === 60);
    assert.deepEqual(statuses, Array(30).fill(["HTTP/1.1 200", "HTTP/1.1 404"]).flat());
    connection.close();
  });

  test("are told to go on in their turn", async () => {
    const connection = await RawConnection.open(gateway.url);
    const film = ["Content-Type: image/jpeg", `Content-Length: ${hand.length}`, "Expect: 100-continue"];
    connection.write(asked("GET", "/livez") + asked("POST", "/v1/analyses", ...film));
    assert.deepEqual([(await connection.answer())?.status, (await connection.answer())?.status], [200, 100]);
    connection.write(hand, asked("GET", "/livez"));
    assert.deepEqual([(await connection.answer())?.status, (await connection.answer())?.status], [202, 200]);
    connection.close();
  });

  test("are not made where their client has gone by then", async () => {
    const id = await submitted();
    const held = `/v1/analyses/${id}?wait=60`;
    const answer = answerTo(held);
    const connection = await RawConnection.open(gateway.url);
    connection.write(asked("GET", held) + asked("POST", `/v1/analyses/${id}/cancel`, "Content-Length: 0"));
    const response = await answer;
    connection.close();
    await once(response, "close");
    // The time that it would have taken.
    await gateway.client.request(`/v1/analyses/${await submitted()}/cancel`, { method: "POST" });
    assert.equal(await statusOf(id), "queued");
  });

  test("know nothing of the one before them", async () => {
    const contexts: unknown[] = [];
    const context = new AsyncLocalStorage<string>();
    const server = createServer((request, response) => {
      contexts.push(context.getStore());
      context.run(request.url ?? "", () => setImmediate(() => response.end()));
    });
    answerInTurn(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const connection = await RawConnection.open(`http://127.0.0.1:${port}`);
    connection.write(`${asked("GET", "/a")}${asked("GET", "/b")}${asked("GET", "/c", "Connection: close")}`);
    await once(connection.socket, "close");
    server.close();
    assert.deepEqual(contexts, [undefined, undefined, undefined]);
  });

  test("are not complained of before the answer to the one before them", async () => {
    const connection = await RawConnection.open(gateway.url);
    const chunks = ["Content-Type: image/jpeg", "Transfer-Encoding: chunked"];
    const held = asked("GET", `/v1/analyses/${await submitted()}?wait=60`);
    connection.write(`${held}${asked("POST", "/v1/analyses", ...chunks)}zz\r\n`);
    assert.equal(await connection.answer(), undefined);
  });

  test("end the connection where they are many", async () => {
    const connection = await RawConnection.open(gateway.url);
    connection.write(
      asked("GET", `/v1/analyses/${await submitted()}?wait=60`) + asked("GET", "/livez").repeat(65),
    );
    assert.equal(await connection.answer(), undefined);
  });

  for (const count of [60, 300])
    test(`keep no file open when their client goes: ${count}`, {
      skip: process.platform !== "linux",
    }, async () => {
      await (await fetch(gateway.url + script)).arrayBuffer();
      const before = await descriptors();
      const answer = answerTo(script);
      const connection = await RawConnection.open(gateway.url);
      connection.socket.pause();
      connection.write(asked("GET", script).repeat(count));
      const response = await answer;
      // Files are opened in their order: by then all that would be are.
      await (await fetch(gateway.url + script)).arrayBuffer();
      connection.close();
      if (!response.closed) await once(response, "close");
      await until("its files are closed", 10, async () => (await descriptors()) <= before + 10);
    });
});
