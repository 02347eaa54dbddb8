import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { S3Client } from "@aws-sdk/client-s3";

export interface S3StoreOptions {
  bucket: string;
  region: string;
  /** AWS itself where absent. */
  endpoint?: string;
  /** Of presigned addresses; the endpoint where absent. */
  publicEndpoint?: string;
  /** The SDK's own chain (environment, files, instance roles) where absent. */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** PEM certificates that the server's is checked against; the system's where absent. */
  ca?: Buffer;
  /** Milliseconds that the server has for an answer, and may say nothing within it; 30,000 where absent. A call takes half as much again at most. */
  answerMs?: number;
}

/** A client of an S3 server, its times and repeats as requests and films can wait for them. */
export function clientOf(options: S3StoreOptions, endpoint: string | undefined): S3Client {
  // A call that waits for a socket counts as one that cannot connect: as many as a webhook worker's deliveries may make at once.
  const agent = { keepAlive: true, maxSockets: 512 };
  const answerMs = options.answerMs ?? 30_000;
  // The SDK tells whoever runs Node 20 of its versions to come. This one is pinned, and runs there.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const client = new S3Client({
    region: options.region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    maxAttempts: 4,
    // Servers that are not AWS do not all know the newer checksum trailers; a film's own digest guards it here.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: answerMs,
      // Without it the SDK only warns, and a server that never answers holds a film for ever.
      throwOnRequestTimeout: true,
      // The one above ends when the headers come: a body that stalls behind them would hold its film likewise.
      socketTimeout: answerMs,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent({ ...agent, ...(options.ca === undefined ? {} : { ca: options.ca }) }),
    },
  });
  repeatWithin(client, answerMs / 2);
  return client;
}

/**
 * Lets the SDK repeat what failed soon, and not what has taken most of the time that a call has: against a server that says nothing
 * four tries would hold a request, or a film, four times as long as its caller counts on.
 *
 * @param withinMs how long a call may have taken to be repeated
 */
function repeatWithin(client: S3Client, withinMs: number): void {
  const usual = client.config.retryStrategy;
  // It is asked for anew by every call.
  client.config.retryStrategy = async () => {
    const strategy = await usual();
    if (!("acquireInitialRetryToken" in strategy)) return strategy;
    const began = performance.now();
    return {
      acquireInitialRetryToken: (scope) => strategy.acquireInitialRetryToken(scope),
      refreshRetryTokenForRetry: async (token, failed) => {
        if (performance.now() - began > withinMs) throw failed.error;
        return strategy.refreshRetryTokenForRetry(token, failed);
      },
      recordSuccess: (token) => strategy.recordSuccess(token),
    };
  };
}
