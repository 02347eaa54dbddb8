import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { ProblemError } from "../problems/index.js";
import {
  checkKey,
  type ListOptions,
  type ObjectBody,
  type ObjectStore,
  type PresignedPut,
  type PresignOptions,
  type PutOptions,
  walk,
} from "./object-store.js";
import { probeConditionalPut } from "./probe.js";
import { clientOf, type S3StoreOptions } from "./s3-client.js";
import { faultOf, isAbsent, isAbsentByHead, type S3Right, statusOf } from "./s3-faults.js";

/** Objects of one S3 bucket. Conditional puts are `If-None-Match: *`. */
export class S3Store implements ObjectStore {
  readonly #client: S3Client;
  /** Only signs: it never connects. */
  readonly #signer: S3Client;
  readonly #bucket: string;

  constructor(options: S3StoreOptions) {
    this.#bucket = options.bucket;
    this.#client = clientOf(options, options.endpoint);
    this.#signer = clientOf(options, options.publicEndpoint ?? options.endpoint);
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<boolean> {
    if (typeof body !== "string" && !(body instanceof Uint8Array)) return this.#putStream(key, body, options);
    const command = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: checkKey(key),
      Body: body,
      ContentLength: Buffer.byteLength(body),
      ContentType: options.contentType ?? "application/octet-stream",
      ...(options.ifAbsent === true ? { IfNoneMatch: "*" } : {}),
    });
    return this.#guarded("s3:PutObject", async () => {
      try {
        await this.#client.send(command);
        return true;
      } catch (error) {
        // 409 answers a racer that met another conditional put under way.
        if (options.ifAbsent === true && statusOf(error) === 412) return false;
        if (options.ifAbsent === true && statusOf(error) === 409 && (await this.exists(key))) return false;
        throw error;
      }
    });
  }

  /** In parts: S3 takes no stream whose length it does not know. Parts that a crash leaves go with `deletePrefix`. */
  async #putStream(key: string, body: AsyncIterable<Uint8Array>, options: PutOptions): Promise<boolean> {
    const stream = Readable.from(body);
    const upload = new Upload({
      client: this.#client,
      queueSize: 1,
      params: {
        Bucket: this.#bucket,
        Key: checkKey(key),
        Body: stream,
        ContentType: options.contentType ?? "application/octet-stream",
        ...(options.ifAbsent === true ? { IfNoneMatch: "*" } : {}),
      },
    });
    return this.#guarded("s3:PutObject", async () => {
      try {
        await upload.done();
        return true;
      } catch (error) {
        if (options.ifAbsent === true && statusOf(error) === 412) return false;
        throw error;
      } finally {
        stream.destroy();
      }
    });
  }

  async presignPut(
    key: string,
    { contentType, bytes, seconds }: PresignOptions,
  ): Promise<PresignedPut | undefined> {
    const command = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: checkKey(key),
      ContentType: contentType,
      ContentLength: bytes,
    });
    // Signed headers: another type or length does not match the signature.
    const url = await getSignedUrl(this.#signer, command, {
      expiresIn: seconds,
      signableHeaders: new Set(["host", "content-type", "content-length"]),
    });
    return { url, headers: { "content-type": contentType, "content-length": String(bytes) } };
  }

  get(key: string): Promise<Buffer | undefined> {
    const command = new GetObjectCommand({ Bucket: this.#bucket, Key: checkKey(key) });
    return this.#unlessAbsent("s3:GetObject", async () => {
      const answer = await this.#client.send(command);
      const bytes = await answer.Body?.transformToByteArray();
      return bytes === undefined
        ? Buffer.alloc(0)
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    });
  }

  async size(key: string): Promise<number | undefined> {
    const command = new HeadObjectCommand({ Bucket: this.#bucket, Key: checkKey(key) });
    return this.#guarded("s3:GetObject", async () => {
      try {
        return (await this.#client.send(command)).ContentLength ?? 0;
      } catch (error) {
        if (isAbsentByHead(error)) return undefined;
        if (statusOf(error) === 404) return this.#listedSize(key);
        throw error;
      }
    });
  }

  /** A list that comes names what there is, where a HEAD's 404 might be anybody's. */
  #listedSize(key: string): Promise<number | undefined> {
    return this.#guarded("s3:ListBucket", async () => {
      const command = new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: key, MaxKeys: 1 });
      // In order the key comes before all that it begins.
      const [first] = (await this.#client.send(command)).Contents ?? [];
      return first?.Key === key ? (first.Size ?? 0) : undefined;
    });
  }

  async exists(key: string): Promise<boolean> {
    return (await this.size(key)) !== undefined;
  }

  delete(key: string): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.#bucket, Key: checkKey(key) });
    return this.#unlessAbsent("s3:DeleteObject", async () => {
      await this.#client.send(command);
    });
  }

  async deletePrefix(prefix: string): Promise<void> {
    const keys: string[] = [];
    for await (const key of walk(this, prefix)) keys.push(key);
    await this.deleteAll(keys);
    await this.#abortUploads(prefix);
  }

  async deleteAll(keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += 1000) {
      const batch = keys.slice(start, start + 1000).map((key) => ({ Key: checkKey(key) }));
      await this.#guarded("s3:DeleteObject", async () => {
        const { Errors: kept = [] } = await this.#client.send(
          new DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Objects: batch, Quiet: true } }),
        );
        if (kept.length > 0)
          throw new ProblemError(
            "store-unavailable",
            `The object store did not delete ${kept.length} objects (${kept[0]?.Code ?? "unknown"}).`,
          );
      });
    }
  }

  async #abortUploads(prefix: string): Promise<void> {
    let from: UploadsFrom | undefined = {};
    while (from !== undefined) {
      const begun: ListMultipartUploadsCommandOutput = await this.#begunUploads(prefix, from);
      for (const { Key, UploadId } of begun.Uploads ?? []) {
        // Somebody else who removes the same folder may have been quicker.
        if (Key?.startsWith(prefix) === true) await this.#abortUpload(Key, UploadId);
      }
      from =
        begun.IsTruncated === true
          ? { KeyMarker: begun.NextKeyMarker, UploadIdMarker: begun.NextUploadIdMarker }
          : undefined;
    }
  }

  #begunUploads(prefix: string, from: UploadsFrom): Promise<ListMultipartUploadsCommandOutput> {
    const command = new ListMultipartUploadsCommand({ Bucket: this.#bucket, Prefix: prefix, ...from });
    return this.#guarded("s3:ListBucketMultipartUploads", () => this.#client.send(command));
  }

  async #abortUpload(key: string, uploadId: string | undefined): Promise<void> {
    const command = new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key: key, UploadId: uploadId });
    await this.#unlessAbsent("s3:AbortMultipartUpload", () => this.#client.send(command));
  }

  /** S3 may answer fewer than it was asked for, and placeholders of folders are left out: only its end makes a page short. */
  list(prefix: string, options: ListOptions = {}): Promise<string[]> {
    if (!prefix.endsWith("/")) throw new TypeError('a prefix must end in "/"');
    checkKey(prefix.slice(0, -1));
    const limit = options.limit ?? 1000;
    return this.#guarded("s3:ListBucket", async () => {
      const kept: string[] = [];
      let token: string | undefined;
      do {
        const answer = await this.#client.send(
          new ListObjectsV2Command({
            Bucket: this.#bucket,
            Prefix: prefix,
            MaxKeys: limit - kept.length,
            ...(options.after === undefined ? {} : { StartAfter: afterFolder(options.after) }),
            ...(options.folders === true ? { Delimiter: "/" } : {}),
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        );
        kept.push(...entriesOf(answer, prefix, options.folders === true));
        token = answer.IsTruncated === true ? answer.NextContinuationToken : undefined;
      } while (token !== undefined && kept.length < limit);
      return kept;
    });
  }

  /** A single put leaves nothing, and the parts of a stream go with `deletePrefix`. */
  async sweep(): Promise<number> {
    return 0;
  }

  /** Also asks for the rights that erasures and lists need later: a start can say that one is missing. */
  async probe(): Promise<void> {
    await probeConditionalPut(this);
    await this.list("probe/", { limit: 1 });
    await this.#begunUploads("probe/", {});
  }

  async close(): Promise<void> {
    this.#client.destroy();
    this.#signer.destroy();
  }

  #unlessAbsent<T>(right: S3Right, step: () => Promise<T>): Promise<T | undefined> {
    return this.#guarded(right, async () => {
      try {
        return await step();
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw error;
      }
    });
  }

  /** @param right what the step needs */
  async #guarded<T>(right: S3Right, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (error instanceof TypeError || error instanceof ProblemError) throw error;
      throw faultOf(error, right);
    }
  }
}

/** Where a list of begun uploads goes on. */
type UploadsFrom = { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined };

/** Keys or folders of a part of a list, but for the placeholder of the folder that is listed. */
function entriesOf(
  { CommonPrefixes = [], Contents = [] }: ListObjectsV2CommandOutput,
  prefix: string,
  folders: boolean,
): string[] {
  const found = folders ? CommonPrefixes.map((entry) => entry.Prefix) : Contents.map((entry) => entry.Key);
  return found.filter(
    (key): key is string => key !== undefined && key !== prefix && !key.endsWith(`${prefix}/`),
  );
}

/** Past everything in a folder: S3 would otherwise list the folder again from its first key. */
function afterFolder(after: string): string {
  return after.endsWith("/") ? `${after.slice(0, -1)}0` : after;
}
