import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, S3Client } from "@aws-sdk/client-s3";
import { type RunningS3, startS3 } from "@osteon/embedded";
import { ProblemError } from "@osteon/shared";
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
  const name = `conformance-${bucket}`;
  const { endpoint, accessKeyId } = server;
  const credentials = { accessKeyId, secretAccessKey: server.secretAccessKey };
  const client = new S3Client({ region: "us-east-1", endpoint, forcePathStyle: true, credentials });
  const begin = (Key: string) => client.send(new CreateMultipartUploadCommand({ Bucket: name, Key }));
  await begin("analyses/a/1/original-0");
  await begin("analyses/a/2/original-0");
  await store.deletePrefix("analyses/a/1/");
  const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: name }));
  assert.deepEqual(
    Uploads?.map((each) => each.Key),
    ["analyses/a/2/original-0"],
  );
  client.destroy();
  await store.close();
});
