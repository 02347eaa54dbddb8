import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, type TestContext, test } from "node:test";
import { S3Store } from "@osteon/shared/s3-store";
import { S3Proxy } from "../faults/s3-proxy.js";
import { Bucket } from "../support/bucket.js";

let bucket: Bucket;
before(async () => {
  bucket = await Bucket.start();
});
after(() => bucket?.stop());

function storeAt(t: TestContext, endpoint: string, name = bucket.env.S3_BUCKET ?? assert.fail()): S3Store {
  const { region, accessKeyId, secretAccessKey } = bucket.server;
  const store = new S3Store({
    bucket: name,
    region,
    endpoint,
    credentials: { accessKeyId, secretAccessKey },
  });
  t.after(() => store.close());
  return store;
}

async function behindProxy(t: TestContext): Promise<{ proxy: S3Proxy; store: S3Store }> {
  const proxy = await S3Proxy.start(bucket.server.endpoint);
  const store = storeAt(t, proxy.url);
  t.after(() => proxy.close());
  return { proxy, store };
}

/** What a call fails with, told as clients are told it. */
const unavailable = (detail: string) => ({ code: "store-unavailable", detail });

test("a proxy's 404 is a store that is away, and no object that is missing", async (t) => {
  const { proxy, store } = await behindProxy(t);
  await store.put("films/1", "film");
  proxy.fault = () => ({ status: 404 });
  const away = unavailable("The object store failed (NotFound).");
  await assert.rejects(store.get("films/1"), away);
  await assert.rejects(store.size("films/1"), away);
  await assert.rejects(store.exists("films/1"), away);
  await assert.rejects(store.delete("films/1"), away);
  await assert.rejects(store.deletePrefix("films/"), away);
  await assert.rejects(store.probe(), away);
  proxy.fault = () => undefined;
  assert.equal((await store.get("films/1"))?.toString(), "film");
});

test("what a proxy's page says of a 404 is not S3's word either", async (t) => {
  const proxy = createServer((_, answer) => {
    answer
      .writeHead(404, { "content-type": "text/html" })
      .end("<!doctype html><html><body><p>404<br>no backend</body></html>");
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const store = storeAt(t, `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  t.after(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  await assert.rejects(store.get("films/1"), { code: "store-unavailable" });
  await assert.rejects(store.exists("films/1"), { code: "store-unavailable" });
});

test("of a server without request ids a list tells what is missing", async (t) => {
  const { proxy, store } = await behindProxy(t);
  proxy.dropRequestIds = true;
  await store.put("ids/ab", "longer");
  assert.equal(await store.size("ids/a"), undefined);
  assert.equal(await store.exists("ids/none"), false);
  assert.equal(await store.get("ids/a"), undefined);
  assert.equal(await store.size("ids/ab"), 6);
  // It came between the HEAD and the list.
  proxy.fault = (method) => (method === "HEAD" ? { status: 404 } : undefined);
  assert.equal(await store.size("ids/ab"), 6);
});

test("a bucket that is missing holds up the start", async (t) => {
  const store = storeAt(t, bucket.server.endpoint, "no-such-bucket");
  await assert.rejects(store.probe(), unavailable("The object store failed (NoSuchBucket)."));
});

for (const [right, denied] of [
  ["s3:PutObject", (method: string) => method === "PUT"],
  ["s3:GetObject", (method: string, url: string) => method === "GET" && url.includes("/probe/")],
  ["s3:DeleteObject", (method: string) => method === "DELETE"],
  ["s3:ListBucket", (_: string, url: string) => url.includes("list-type=2")],
  ["s3:ListBucketMultipartUploads", (_: string, url: string) => /[?&]uploads/.test(url)],
] as const)
  test(`the start says that ${right} is refused`, async (t) => {
    const { proxy, store } = await behindProxy(t);
    await store.probe();
    proxy.fault = (method, url) => (denied(method, url) ? { status: 403, code: "AccessDenied" } : undefined);
    await assert.rejects(store.probe(), unavailable(`The object store refuses ${right} (AccessDenied).`));
  });

test("a right to abort uploads that an erasure lacks is told", async (t) => {
  const { proxy, store } = await behindProxy(t);
  proxy.fault = (method, url) => {
    if (method === "DELETE" && url.includes("uploadId=")) return { status: 403, code: "AccessDenied" };
    return undefined;
  };
  const broken = async function* () {
    yield Buffer.alloc(6 * 1024 * 1024);
    throw new Error("the sender is gone");
  };
  await assert.rejects(store.put("parts/a", broken()));
  await assert.rejects(
    store.deletePrefix("parts/"),
    unavailable("The object store refuses s3:AbortMultipartUpload (AccessDenied)."),
  );
});

test("a server that cannot be reached is told by its cause, without its address", async (t) => {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as AddressInfo;
  free.close();
  await once(free, "close");
  for (const [endpoint, cause] of [
    [`http://127.0.0.1:${port}`, "ECONNREFUSED"],
    ["http://s3.invalid", "E[A-Z_]+"],
  ] as const)
    await assert.rejects(storeAt(t, endpoint).get("a"), {
      code: "store-unavailable",
      detail: new RegExp(`^The object store failed \\(${cause}\\)\\.$`),
    });
});
