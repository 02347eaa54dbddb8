import { webcrypto } from "node:crypto";
import { lstat, readdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { decodeFilm, type NormalisedFilm } from "@osteon/imaging";
import { type Bone, ProblemError, toProblem } from "@osteon/shared";
import {
  type BodyPartManifest,
  checkManifest,
  type FractureManifest,
  isName,
  type Manifest,
  type Task,
} from "./manifest.js";
import type { Precision } from "./precision.js";

/** A model bundle whose manifest is valid and whose files have the digests it names. */
export interface Bundle<M extends Manifest = Manifest> {
  /** Absolute path of the folder. */
  readonly folder: string;
  readonly manifest: M;
  /** Of the bytes of `model.json`, `sha256:<hex>`. */
  readonly manifestDigest: string;
  /** The file that `model` was read from. */
  readonly modelFile: ModelFile;
  /** The model's bytes, shared: threads read them without a copy, and a file replaced later changes nothing. */
  readonly model: Uint8Array<SharedArrayBuffer>;
  readonly warmup: NormalisedFilm;
  /** `CARD.md`, where there is one. */
  readonly card: string | undefined;
}

/** The files of a bundle that hold a model; the second is made from the first, and need not be there. */
export type ModelFile = "model.onnx" | "model.int8.onnx";

/** Cards travel through Redis to the gateways. */
const mostCardBytes = 64 * 1024;

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
  return (await readManifestFile(folder)).manifest;
}

async function readManifestFile(folder: string): Promise<{ manifest: Manifest; manifestDigest: string }> {
  const name = basename(resolve(folder));
  try {
    const bytes = await readFile(join(folder, "model.json"));
    const manifest = checkManifest(JSON.parse(bytes.toString()));
    if (manifest.name !== name)
      throw damaged(`model.json: /name must be the folder's, not "${manifest.name}"`);
    return { manifest, manifestDigest: await digestOf(bytes) };
  } catch (error) {
    throw inBundle(name, error);
  }
}

/** A folder with a `model.json`, or one that cannot be read: the manifest, or why it cannot be used. */
export interface FoundBundle {
  /** Of the folder. */
  readonly name: string;
  readonly manifest?: Manifest;
  readonly problem?: ProblemError;
}

/**
 * Looks at the manifest of each bundle in `folder` (each folder in it with a `model.json`, and each that cannot be read) by
 * itself, so that a damaged one takes no other with it. Two for the same work are both refused. By name.
 *
 * @throws ProblemError `model-missing` where `folder` cannot be read
 */
export async function surveyBundles(folder: string): Promise<FoundBundle[]> {
  const found = await Promise.all(
    (await bundleFolders(folder)).map(async ({ name, problem }): Promise<FoundBundle> => {
      if (problem !== undefined) return { name, problem };
      return readManifest(join(folder, name)).then(
        (manifest) => ({ name, manifest }),
        (error) => ({ name, problem: toProblem(error) }),
      );
    }),
  );
  const works = new Map<string, string[]>();
  for (const { name, manifest } of found) {
    if (manifest === undefined) continue;
    const work = workOf(manifest);
    works.set(work, [...(works.get(work) ?? []), name]);
  }
  return found.map((each) => {
    const work = each.manifest === undefined ? "" : workOf(each.manifest);
    const names = works.get(work) ?? [];
    return names.length < 2
      ? each
      : { ...each, problem: damaged(`${names.join(" and ")} are both for: ${work}`) };
  });
}

/**
 * The same of a folder that must have bundles.
 *
 * @throws ProblemError `model-missing` where it has none, or cannot be read
 */
export async function findBundles(folder: string): Promise<FoundBundle[]> {
  const found = await surveyBundles(folder);
  if (found.length > 0) return found;
  const itself = (await readdir(folder)).includes("model.json");
  throw new ProblemError(
    "model-missing",
    itself
      ? `${folder} is a bundle itself: name the folder that it is in.`
      : `${folder} has no bundle: no folder in it has a model.json.`,
    { retryable: false },
  );
}

/**
 * Loads the bundle in `folder`: manifest, model and warm-up film, each checked against its digest, and its card.
 *
 * @param precision int8 where the bundle has a model in it; else the float32 model
 * @throws ProblemError `bundle-damaged` naming the folder and everything that is wrong.
 */
export async function loadBundle(folder: string, precision: Precision = "fp32"): Promise<Bundle> {
  const { manifest, manifestDigest } = await readManifestFile(folder);
  const modelFile = modelFileOf(manifest, precision);
  try {
    const card = await readCard(folder);
    const files = await Promise.allSettled([
      readChecked(folder, modelFile, manifest),
      readChecked(folder, "warmup.png", manifest),
    ]);
    const faults = files.flatMap((file) =>
      file.status === "rejected" ? [toProblem(file.reason).detail] : [],
    );
    const [model, png] = files.map((file) => (file.status === "fulfilled" ? file.value : undefined));
    if (model === undefined || png === undefined) throw damaged(faults.join("; "));
    const shared = new Uint8Array(new SharedArrayBuffer(model.length));
    shared.set(model);
    const read = await decodeFilm(png);
    return {
      folder: resolve(folder),
      manifest,
      manifestDigest,
      modelFile,
      model: shared,
      warmup: read,
      card,
    };
  } catch (error) {
    throw inBundle(manifest.name, error);
  }
}

/**
 * Loads every bundle in `folder`, or every one of a task.
 *
 * @throws ProblemError `model-missing` where there is none at all; `bundle-damaged` where one is damaged that is, or may be, of
 *   the task, or where two are for the same work.
 */
export async function loadBundles(
  folder: string,
  precision: Precision = "fp32",
  task?: Task,
): Promise<Bundles> {
  const wanted = (await findBundles(folder)).filter(
    // A manifest that cannot be read may be of any task.
    ({ manifest }) => task === undefined || manifest === undefined || manifest.task === task,
  );
  const damagedOne = wanted.find(({ problem }) => problem !== undefined);
  if (damagedOne !== undefined) throw damagedOne.problem;
  const bundles = await Promise.all(wanted.map(({ name }) => loadBundle(join(folder, name), precision)));
  const bodyPart = bundles.find(isBodyPart);
  const fractures = new Map(bundles.filter(isFracture).map((bundle) => [bundle.manifest.bone, bundle]));
  return bodyPart === undefined ? { fractures } : { bodyPart, fractures };
}

/** The model of a bundle that runs in that precision: the int8 one where there is such. */
export function modelFileOf({ int8 }: Manifest, precision: Precision): ModelFile {
  return precision === "int8" && int8 !== undefined ? "model.int8.onnx" : "model.onnx";
}

/** What a model does, and no other model beside it. */
export function workOf({ task, bone }: { task: Manifest["task"]; bone?: Bone | undefined }): string {
  return task === "fracture" ? `fracture of ${bone}` : "body part";
}

export function isBodyPart(bundle: Bundle): bundle is Bundle<BodyPartManifest> {
  return bundle.manifest.task === "bodypart";
}

export function isFracture(bundle: Bundle): bundle is Bundle<FractureManifest> {
  return bundle.manifest.task === "fracture";
}

/** Names with a leading dot are left out: a new bundle may be copied to such a one, and renamed when it is whole. */
async function bundleFolders(folder: string): Promise<FoundBundle[]> {
  let entries: string[];
  try {
    entries = (await readdir(folder)).filter((entry) => !entry.startsWith("."));
  } catch (error) {
    throw new ProblemError("model-missing", `The folder of models cannot be read: ${folder}`, {
      cause: error,
    });
  }
  const found = await Promise.all(
    entries.sort().map(async (name): Promise<FoundBundle[]> => {
      try {
        return (await readdir(join(folder, name))).includes("model.json") ? [{ name }] : [];
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return (await mayBeBundle(join(folder, name), code))
          ? [{ name, problem: inBundle(name, damaged(`cannot be read (${code})`)) }]
          : [];
      }
    }),
  );
  return found.flat();
}

/** Whether what cannot be read for that cause may be a bundle. */
async function mayBeBundle(path: string, code: string | undefined): Promise<boolean> {
  // A file; or what no bundle can be called and file systems have of their own, such as lost+found.
  if (code === "ENOTDIR" || !isName(basename(path))) return false;
  // It went meanwhile, or is a link that leads nowhere.
  return code !== "ENOENT" || (await lstat(path).catch(() => undefined))?.isSymbolicLink() === true;
}

async function readChecked(
  folder: string,
  name: keyof Manifest["files"],
  manifest: Manifest,
): Promise<Uint8Array<ArrayBuffer>> {
  const expected = manifest.files[name];
  if (expected === undefined) throw damaged(`${name} is not in the manifest's files`);
  const bytes = await readFile(join(folder, name)).catch((error) => {
    throw damaged(`${name} cannot be read (${error.code})`);
  });
  if (bytes.length !== expected.bytes) {
    throw damaged(`${name} has ${bytes.length} bytes, the manifest says ${expected.bytes}`);
  }
  const digest = await digestOf(bytes);
  if (digest !== expected.digest)
    throw damaged(`${name} has the digest ${digest}, the manifest says ${expected.digest}`);
  return bytes;
}

/** The card, which everybody may read: so a link, which may lead out of the bundle to what nobody may, is none. */
async function readCard(folder: string): Promise<string | undefined> {
  const path = join(folder, "CARD.md");
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.isFile() !== true) return undefined;
  if (stats.size > mostCardBytes) throw damaged(`CARD.md has more than ${mostCardBytes} bytes`);
  return readFile(path, "utf8").catch(() => undefined);
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  // Unlike createHash, this hashes off the calling thread.
  return `sha256:${Buffer.from(await webcrypto.subtle.digest("SHA-256", bytes)).toString("hex")}`;
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
