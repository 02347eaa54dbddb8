import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { after, before, type TestContext, test } from "node:test";
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { type RunningS3, startS3 } from "@osteon/embedded/testing";
import { type ObjectStore, ProblemError, walk } from "@osteon/shared";
import { S3Store } from "@osteon/shared/s3-store";
import { storeConformance } from "@osteon/shared/testing";

let folder: string;
let server: RunningS3;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "osteon-s3-"));
  server = await startS3({ dir: folder });
});
after(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

let bucket = 0;
const open = async (secretAccessKey = server.secretAccessKey) => {
  bucket += 1;
  const name = `conformance-${bucket}`;
  await server.createBucket(name);
  const { endpoint, accessKeyId } = server;
  return new S3Store({
    bucket: name,
    region: "us-east-1",
    endpoint,
    credentials: { accessKeyId, secretAccessKey },
  });
};

storeConformance("s3", open);

/** A client of the bucket that was opened last. */
function clientOfLast(): { client: S3Client; Bucket: string } {
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ region: "us-east-1", endpoint, forcePathStyle: true, credentials });
  return { client, Bucket: `conformance-${bucket}` };
}

async function walked(...args: Parameters<typeof walk>): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of walk(...args)) keys.push(key);
  return keys;
}

test("a wrong secret is refused, with a code", async () => {
  const store = await open("wrong");
  await assert.rejects(
    store.put("a", "1"),
    (error) => error instanceof ProblemError && error.code === "store-unavailable",
  );
  await store.close();
});

test("deleting a folder ends the writes that were begun in it", async () => {
  const store = await open();
  const { client, Bucket } = clientOfLast();
  const begin = (Key: string) => client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  await begin("analyses/a/1/original-0");
  await begin("analyses/a/2/original-0");
  await store.deletePrefix("analyses/a/1/");
  const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  assert.deepEqual(
    Uploads?.map((each) => each.Key),
    ["analyses/a/2/original-0"],
  );
  client.destroy();
  await store.close();
});

test("the placeholder that a console leaves for a folder ends no list of it", async (t) => {
  const store = await open();
  const { client, Bucket } = clientOfLast();
  t.after(() => {
    client.destroy();
    return store.close();
  });
  await client.send(new PutObjectCommand({ Bucket, Key: "pending/", Body: "" }));
  const keys = ["pending/a", "pending/b", "pending/c"];
  for (const key of keys) await store.put(key, key);
  assert.deepEqual(await store.list("pending/", { limit: 2 }), keys.slice(0, 2));
  assert.deepEqual(await walked(store, "pending/", { limit: 1 }), keys);
});

/** A store on a server that never gives more than two entries at a time, whatever it is asked for. */
async function openSparing(t: TestContext, all: readonly string[]): Promise<ObjectStore> {
  const sparing = createServer(({ url }, response) => {
    const { searchParams } = new URL(url ?? "", "http://localhost");
    const prefix = searchParams.get("prefix") ?? "";
    const after = searchParams.get("continuation-token") ?? searchParams.get("start-after") ?? "";
    const left = all.filter((key) => key.startsWith(prefix) && key > after);
    const given = left.slice(0, Math.min(2, Number(searchParams.get("max-keys"))));
    const more = left.length > given.length;
    response
      .setHeader("content-type", "application/xml")
      .end(
        `<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>${more}</IsTruncated>${
          more ? `<NextContinuationToken>${given.at(-1)}</NextContinuationToken>` : ""
        }${given.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("")}</ListBucketResult>`,
      );
  }).listen(0, "127.0.0.1");
  await once(sparing, "listening");
  t.after(async () => {
    await store.close();
    sparing.close();
    sparing.closeAllConnections();
  });
  const store = new S3Store({
    bucket: "sparing",
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${(sparing.address() as AddressInfo).port}`,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  return store;
}

test("a server that gives fewer keys than it was asked for ends no list", async (t) => {
  const all = ["other/x", ...Array.from({ length: 9 }, (_, at) => `pending/${at}`)];
  const store = await openSparing(t, all);
  const pending = all.slice(1);
  assert.deepEqual(await store.list("pending/"), pending);
  assert.deepEqual(await store.list("pending/", { limit: 5, after: "pending/1" }), pending.slice(2, 7));
  assert.deepEqual(await walked(store, "pending/", { limit: 3 }), pending);
});

test("parts of more uploads than one answer tells go, also those that somebody else removed first", async (t) => {
  const uploads = ["1", "2", "3"];
  const aborted: string[] = [];
  const server = createServer(({ url, method }, response) => {
    const { searchParams } = new URL(url ?? "", "http://localhost");
    response.setHeader("content-type", "application/xml");
    const id = searchParams.get("uploadId");
    if (method === "DELETE" && id !== null) {
      aborted.push(id);
      if (id === "2") response.writeHead(404).end("<Error><Code>NoSuchUpload</Code></Error>");
      else response.writeHead(204).end();
    } else if (searchParams.has("uploads")) {
      const at = uploads.findIndex((each) => each > (searchParams.get("upload-id-marker") ?? ""));
      const more = at + 1 < uploads.length;
      response.end(
        `<ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>${more}</IsTruncated><NextKeyMarker>a/x</NextKeyMarker><NextUploadIdMarker>${uploads[at]}</NextUploadIdMarker><Upload><Key>a/x</Key><UploadId>${uploads[at]}</UploadId></Upload></ListMultipartUploadsResult>`,
      );
    } else response.end("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const store = new S3Store({
    bucket: "many",
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  t.after(async () => {
    await store.close();
    server.close();
    server.closeAllConnections();
  });
  await store.deletePrefix("a/");
  assert.deepEqual(aborted, uploads);
});
