import { createHash } from "node:crypto";
import { ProblemError } from "../problems/index.js";
import type { ObjectStore, PutOptions } from "./object-store.js";

/** Version of the envelope; what is younger is left to a younger worker. */
const envelopeVersion = 2;

const head = /^\{"v":(\d+),"digest":"(sha256:[0-9a-f]{64})","data":/;

/** `sha256:…` of bytes. */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** A value as JSON in an envelope that holds the digest of its exact text, so that damage is found when it is read. */
export function seal(value: object): string {
  const data = JSON.stringify(value);
  return `{"v":${envelopeVersion},"digest":"${digestOf(data)}","data":${data}}`;
}

/**
 * Reads a sealed value, or one from before there were envelopes, which has no digest.
 *
 * @throws ProblemError `record-damaged` where it is not what was written; `record-too-new` for an envelope of a later version
 */
export function unseal<T>(bytes: Buffer): T {
  const text = bytes.toString();
  const [all, version, digest] = head.exec(text) ?? [];
  if (all === undefined) return bare(text);
  if (Number(version) > envelopeVersion) throw new ProblemError("record-too-new");
  const data = text.slice(all.length, -1);
  if (!text.endsWith("}") || digestOf(data) !== digest) throw damaged();
  return parse(data);
}

/** Puts a value in its envelope into a store. False where `ifAbsent` was asked and there was one. */
export function putSealed(
  store: ObjectStore,
  key: string,
  value: object,
  options: Pick<PutOptions, "ifAbsent"> = {},
): Promise<boolean> {
  return store.put(key, seal(value), { contentType: "application/json", ...options });
}

/**
 * The value that a store has sealed under a key; undefined where there is none.
 *
 * @throws ProblemError as `unseal`
 */
export async function getSealed<T>(store: ObjectStore, key: string): Promise<T | undefined> {
  const bytes = await store.get(key);
  return bytes === undefined ? undefined : unseal<T>(bytes);
}

/** Whether it is `unseal` that refuses: the record is there, and asking again does not help. */
export function isUnreadable({ code }: ProblemError): boolean {
  return code === "record-damaged" || code === "record-too-new";
}

/** What is read, or undefined where it is damaged: then `onDamaged` is told, and one of many keeps no other from being read. */
export async function unlessDamaged<T>(
  reading: Promise<T>,
  onDamaged: (problem: ProblemError) => void,
): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (!isDamaged(error)) throw error;
    onDamaged(error);
    return undefined;
  }
}

export function isDamaged(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.code === "record-damaged";
}

/** A record without an envelope; not one whose envelope is damaged. */
function bare<T>(text: string): T {
  const value = parse<T>(text);
  if (typeof value !== "object" || value === null) return value;
  // Damage in one of the three names leaves two. A record of its own may have one: that of a used upload has a digest.
  if (["v", "digest", "data"].filter((name) => name in value).length > 1) throw damaged();
  return value;
}

function parse<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw damaged(error);
  }
}

function damaged(cause?: unknown): ProblemError {
  return new ProblemError("record-damaged", undefined, {
    retryable: false,
    ...(cause === undefined ? {} : { cause }),
  });
}
