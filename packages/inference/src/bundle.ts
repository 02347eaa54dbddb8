import { webcrypto } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { decodeFilm, type NormalisedFilm } from "@osteon/imaging";
import { type Bone, ProblemError, toProblem } from "@osteon/shared";
import { type BodyPartManifest, checkManifest, type FractureManifest, type Manifest } from "./manifest.js";

/** A model bundle whose manifest is valid and whose files have the digests it names. */
export interface Bundle<M extends Manifest = Manifest> {
  /** Absolute path of the folder. */
  readonly folder: string;
  readonly manifest: M;
  /** The bytes of `model.onnx`, shared: threads read them without a copy, and a file replaced later changes nothing. */
  readonly model: Uint8Array<SharedArrayBuffer>;
  readonly warmup: NormalisedFilm;
}

/** The bundles of a models folder. */
export interface Bundles {
  readonly bodyPart?: Bundle<BodyPartManifest>;
  readonly fractures: ReadonlyMap<Bone, Bundle<FractureManifest>>;
}

/**
 * Reads and validates the manifest of the bundle in `folder`, and nothing else.
 *
 * @throws ProblemError `bundle-damaged` naming the folder and everything that is wrong.
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const name = basename(resolve(folder));
  try {
    const manifest = checkManifest(JSON.parse(await readFile(join(folder, "model.json"), "utf8")));
    if (manifest.name !== name)
      throw damaged(`model.json: /name must be the folder's, not "${manifest.name}"`);
    return manifest;
  } catch (error) {
    throw inBundle(name, error);
  }
}

/**
 * The manifests of every bundle in `folder` (each folder in it with a `model.json`), by name.
 *
 * @throws ProblemError `bundle-damaged` where one is, or where two are for the same work.
 */
export async function readManifests(folder: string): Promise<Manifest[]> {
  const manifests = await Promise.all((await bundleFolders(folder)).map(readManifest));
  const jobs = new Map<string, string>();
  for (const manifest of manifests) {
    const job = manifest.task === "fracture" ? `fracture of ${manifest.bone}` : "body part";
    const other = jobs.get(job);
    if (other !== undefined) throw damaged(`${other} and ${manifest.name} are both for: ${job}`);
    jobs.set(job, manifest.name);
  }
  return manifests;
}

/**
 * Loads the bundle in `folder`: manifest, model and warm-up film, each checked against its digest.
 *
 * @throws ProblemError `bundle-damaged` naming the folder and everything that is wrong.
 */
export async function loadBundle(folder: string): Promise<Bundle> {
  const manifest = await readManifest(folder);
  try {
    const files = await Promise.allSettled([
      readChecked(folder, "model.onnx", manifest),
      readChecked(folder, "warmup.png", manifest),
    ]);
    const faults = files.flatMap((file) =>
      file.status === "rejected" ? [toProblem(file.reason).detail] : [],
    );
    const [model, png] = files.map((file) => (file.status === "fulfilled" ? file.value : undefined));
    if (model === undefined || png === undefined) throw damaged(faults.join("; "));
    const shared = new Uint8Array(new SharedArrayBuffer(model.length));
    shared.set(model);
    return { folder: resolve(folder), manifest, model: shared, warmup: await decodeFilm(png) };
  } catch (error) {
    throw inBundle(manifest.name, error);
  }
}

/**
 * Loads every bundle in `folder`.
 *
 * @throws ProblemError `bundle-damaged` where one is damaged, or where two are for the same work.
 */
export async function loadBundles(folder: string): Promise<Bundles> {
  const manifests = await readManifests(folder);
  const bundles = await Promise.all(manifests.map(({ name }) => loadBundle(join(folder, name))));
  const bodyPart = bundles.find(isBodyPart);
  const fractures = new Map(bundles.filter(isFracture).map((bundle) => [bundle.manifest.bone, bundle]));
  return bodyPart === undefined ? { fractures } : { bodyPart, fractures };
}

export function isBodyPart(bundle: Bundle): bundle is Bundle<BodyPartManifest> {
  return bundle.manifest.task === "bodypart";
}

export function isFracture(bundle: Bundle): bundle is Bundle<FractureManifest> {
  return bundle.manifest.task === "fracture";
}

async function bundleFolders(folder: string): Promise<string[]> {
  let entries: string[];
  try {
    entries = await readdir(folder);
  } catch (error) {
    throw new ProblemError("model-missing", `The folder of models cannot be read: ${folder}`, {
      cause: error,
    });
  }
  const found = await Promise.all(
    entries.sort().map(async (entry) => {
      const files: string[] = await readdir(join(folder, entry)).catch(() => []);
      return files.includes("model.json") ? [join(folder, entry)] : [];
    }),
  );
  return found.flat();
}

async function readChecked(
  folder: string,
  name: keyof Manifest["files"],
  manifest: Manifest,
): Promise<Uint8Array> {
  const expected = manifest.files[name];
  const bytes = await readFile(join(folder, name)).catch((error) => {
    throw damaged(`${name} cannot be read (${error.code})`);
  });
  if (bytes.length !== expected.bytes) {
    throw damaged(`${name} has ${bytes.length} bytes, the manifest says ${expected.bytes}`);
  }
  // Unlike createHash, this hashes off the calling thread.
  const digest = `sha256:${Buffer.from(await webcrypto.subtle.digest("SHA-256", bytes)).toString("hex")}`;
  if (digest !== expected.digest)
    throw damaged(`${name} has the digest ${digest}, the manifest says ${expected.digest}`);
  return bytes;
}

function damaged(detail: string): ProblemError {
  return new ProblemError("bundle-damaged", detail, { retryable: false });
}

/** The error as `bundle-damaged` that names the bundle. */
function inBundle(name: string, error: unknown): ProblemError {
  const known = error instanceof ProblemError && error.code === "bundle-damaged";
  const detail = known ? error.detail : error instanceof Error ? error.message : String(error);
  const errors = known ? error.errors : undefined;
  return new ProblemError("bundle-damaged", `${name}: ${detail}`, {
    cause: error,
    retryable: false,
    ...(errors === undefined ? {} : { errors }),
  });
}
