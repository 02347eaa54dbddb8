import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type RunningS3, startS3 } from "@osteon/embedded/testing";
import { S3Store } from "@osteon/shared/s3-store";

const name = "films";

/** What a service is told of a bucket. */
export function bucketEnv(server: RunningS3, endpoint = server.endpoint): Record<string, string> {
  return {
    S3_ENDPOINT: endpoint,
    S3_BUCKET: name,
    S3_REGION: server.region,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
  };
}

/** A bucket on a real S3 server of its own. */
export class Bucket {
  /** Holds the bucket as a folder, on disk. */
  readonly folder: string;
  readonly server: RunningS3;
  readonly store: S3Store;

  private constructor(folder: string, server: RunningS3) {
    const { endpoint, region, accessKeyId, secretAccessKey } = server;
    this.folder = folder;
    this.server = server;
    this.store = new S3Store({
      bucket: name,
      region,
      endpoint,
      credentials: { accessKeyId, secretAccessKey },
    });
  }

  static async start(): Promise<Bucket> {
    const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-bucket-"));
    const server = await startS3({ dir: folder });
    await server.createBucket(name);
    return new Bucket(folder, server);
  }

  get env(): Record<string, string> {
    return bucketEnv(this.server);
  }

  async stop(): Promise<void> {
    await this.store.close();
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
