import { S3ServiceException } from "@aws-sdk/client-s3";
import { ProblemError } from "../problems/index.js";
import { errno } from "./durable-file.js";

/** The rights that the store needs, as policies name them (docs/guides/deploy-kubernetes.md). */
export type S3Right =
  | "s3:GetObject"
  | "s3:PutObject"
  | "s3:DeleteObject"
  | "s3:ListBucket"
  | "s3:ListBucketMultipartUploads"
  | "s3:AbortMultipartUpload";

export const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

/**
 * Whether S3 says that there is no such object or upload. The status alone does not: a proxy that has no way to S3 answers 404 too,
 * and an accepted film that is taken for missing is lost for good.
 */
export const isAbsent = (error: unknown): boolean =>
  statusOf(error) === 404 && ["NoSuchKey", "NoSuchUpload"].includes((error as Error).name);

/** Whether it is a 404 of S3 itself to HEAD, whose answers have no body to name what is missing. Not every server sends an id. */
export const isAbsentByHead = (error: unknown): boolean =>
  statusOf(error) === 404 && (error as S3ServiceException).$metadata.requestId !== undefined;

/** @param right what the call needed */
export function faultOf(error: unknown, right: S3Right): ProblemError {
  const name = error instanceof Error ? (errno(error) ?? error.name) : "unknown";
  const detail =
    statusOf(error) === 403
      ? `The object store refuses ${right} (${name}).`
      : `The object store failed (${name}).`;
  return new ProblemError("store-unavailable", detail, { cause: error });
}
