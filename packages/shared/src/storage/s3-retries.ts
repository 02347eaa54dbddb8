import type { S3Client } from "@aws-sdk/client-s3";

/**
 * Lets the SDK repeat what failed soon, and not what has taken most of the time that a call has: against a server that says nothing
 * four tries would hold a request, or a film, four times as long as its caller counts on.
 *
 * @param withinMs how long a call may have taken to be repeated
 */
export function repeatWithin(client: S3Client, withinMs: number): void {
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
