import { createHash } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { encodeFilm, type NormalisedFilm } from "@osteon/imaging";
import { loadBundle, surveyBundles, workOf } from "../bundle.js";
import type { InferenceEngine } from "../engine.js";
import { checkManifest, isName, type Manifest } from "../manifest.js";
import { draftCard } from "./card.js";
import { parityFilms } from "./films.js";
import { ImportError } from "./import-error.js";
import { type ModelFacts, manifestOf } from "./manifest.js";
import { type Origin, proveParity, toleranceOfHalves, usualTolerance } from "./parity.js";
import { type Fitting, inputSpec, type PictureShape } from "./preprocessing.js";
import { toOnnx } from "./python.js";

export interface ImportOptions {
  /** One of the two. */
  readonly keras?: string | undefined;
  readonly onnx?: string | undefined;
  readonly facts: ModelFacts;
  /** Whether the classes' order is the user's word, and no default. */
  readonly orderGiven: boolean;
  readonly fitting: Fitting;
  /** Whether the model's output is probabilities (softmax, sigmoid), or what goes into them. */
  readonly endsIn: "probabilities" | "logits";
  readonly films?: string | undefined;
  /** Folder that the bundle is put into. */
  readonly out: string;
  /** Moves a bundle of the same work out of the way. */
  readonly replace: boolean;
  readonly say: (line: string) => void;
  /** Breaks the import off, so that it leaves nothing. */
  readonly signal: AbortSignal;
}

/** Of the folders that bundles are made in. Folders with a leading dot are no bundles. */
const prefix = ".import-";

/**
 * Turns a model's file into a bundle: its graph cut off at the logits as ONNX, manifest, draft of a card, and warm-up film. It must
 * answer a hundred films as the file does in Keras or ONNX Runtime. The bundle appears whole, after it has loaded and answered.
 *
 * @returns the bundle's folder
 * @throws ImportError that says what stands against it
 */
export async function importModel(engine: InferenceEngine, options: ImportOptions): Promise<string> {
  const { facts, out, replace, signal } = options;
  if (!isName(facts.name))
    throw new ImportError(`--name must be of small letters, digits and hyphens, not ${facts.name}.`);
  const file = options.keras ?? options.onnx ?? "";
  // Before Keras is set up for it, which takes minutes.
  await access(file, constants.R_OK).catch(() => {
    throw new ImportError(`${file} cannot be read.`);
  });
  await mkdir(out, { recursive: true });
  await removeAbandoned(out);
  const inTheWay = await bundlesOfSameWork(out, facts);
  if (inTheWay.length > 0 && !replace)
    throw new ImportError(
      `${inTheWay.join(" and ")} in ${out} does the same work: --replace moves it away, --out names another folder.`,
    );
  if (!inTheWay.includes(facts.name) && existsSync(path.join(out, facts.name)))
    throw new ImportError(`${path.join(out, facts.name)} is there already, and does other work, or none.`);
  const aside = await mkdtemp(path.join(out, prefix));
  try {
    const bundle = path.join(aside, facts.name);
    await mkdir(bundle);
    await make(engine, bundle, aside, options);
    signal.throwIfAborted();
    for (const name of inTheWay) await rename(path.join(out, name), await freeName(out, `.${name}-replaced`));
    await rename(bundle, path.join(out, facts.name));
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return path.join(out, facts.name);
}

/** What a killed import left: none takes so long. */
async function removeAbandoned(out: string): Promise<void> {
  const before = Date.now() - 24 * 3_600_000;
  for (const name of (await readdir(out)).filter((each) => each.startsWith(prefix))) {
    const folder = path.join(out, name);
    if ((await stat(folder)).mtimeMs < before) await rm(folder, { recursive: true, force: true });
  }
}

async function make(
  engine: InferenceEngine,
  bundle: string,
  aside: string,
  { keras, onnx, facts, orderGiven, fitting, endsIn, films: folder, say, signal }: ImportOptions,
): Promise<void> {
  const file = path.join(bundle, "model.onnx");
  const origin: Origin =
    keras === undefined
      ? { source: ["--onnx", onnx ?? ""], runner: "ONNX Runtime" }
      : { source: ["--keras", keras], runner: "Keras" };
  say("Converting the model to ONNX");
  const classes = ["--classes", facts.classes.join(","), "--ends-in", endsIn];
  const scale = ["--preprocessing", fitting.preprocessing];
  const shape = await toOnnx<PictureShape & { input: string; numbers: number; halves: boolean }>(
    ["convert", ...origin.source, "--task", facts.task, ...classes, ...scale, "--out", file],
    { say, signal },
  );
  // A wrong default would exchange fractured and normal, and no comparison with the file would show it.
  if (shape.numbers === 1 && !orderGiven)
    throw new ImportError(
      "The model gives one number: say whose probability it is, by --classes normal,fractured (a fracture's) or fractured,normal (a normal film's).",
    );
  const films = await parityFilms(folder);
  signal.throwIfAborted();
  const [warmup] = films;
  if (warmup === undefined) throw new ImportError("There is no film to warm up with.");
  const spec = { name: shape.input, ...inputSpec(shape, fitting) };
  const refs = {
    "model.onnx": refOf(await readFile(file)),
    "warmup.png": await writeWarmup(bundle, warmup),
  };
  const write = async (numbers: readonly number[]) => {
    const manifest = checkManifest(manifestOf(facts, refs, spec, numbers));
    await writeFile(path.join(bundle, "model.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    return manifest;
  };
  const zeros = facts.task === "fracture" ? [0] : facts.classes.map(() => 0);
  const manifest = await write(await warmupOutputs(engine, bundle, await write(zeros), warmup));
  const unsupported = manifest.task === "bodypart" ? manifest.decision.unsupported : [];
  if (unsupported.length > 0)
    say(`No bone that is examined, so films of it will be unsupported-region: ${unsupported.join(", ")}`);
  const parity = await prove(engine, bundle, aside, films, {
    origin,
    facts,
    fitting,
    endsIn,
    tolerance: shape.halves ? toleranceOfHalves : usualTolerance,
    say,
    signal,
  });
  say(`Parity: ${parity}`);
  const outputs =
    shape.numbers === 1 ? `one number, the probability of ${facts.classes[1]}` : facts.classes.join(", ");
  await writeFile(
    path.join(bundle, "CARD.md"),
    draftCard(manifest, { file: path.basename(keras ?? onnx ?? ""), outputs, parity }),
  );
}

async function prove(
  engine: InferenceEngine,
  bundle: string,
  aside: string,
  films: readonly NormalisedFilm[],
  {
    origin,
    facts,
    fitting,
    endsIn,
    tolerance,
    say,
    signal,
  }: Pick<ImportOptions, "facts" | "fitting" | "endsIn" | "say" | "signal"> & {
    readonly origin: Origin;
    readonly tolerance: number;
  },
): Promise<string> {
  say(`Comparing ${films.length} films with ${origin.runner}`);
  const folder = path.join(aside, "films");
  await mkdir(folder);
  const furthest = await proveParity(engine, await loadBundle(bundle), films, {
    origin,
    classes: facts.classes,
    fitting,
    endsIn,
    tolerance,
    folder,
    say,
    signal,
  });
  return `${films.length} films, probabilities at most ${furthest.toExponential(1)} from ${origin.runner} (${tolerance.toExponential(0)} allowed)`;
}

/** What the model answers to its warm-up film, from the engine. */
async function warmupOutputs(
  engine: InferenceEngine,
  bundle: string,
  { task, warmup }: Manifest,
  film: NormalisedFilm,
): Promise<number[]> {
  const loaded = await loadBundle(bundle);
  // The numbers are not known yet, so none is expected.
  const manifest = { ...loaded.manifest, warmup: { ...warmup, outputs: {} } } as Manifest;
  const model = await engine.load({ ...loaded, manifest });
  try {
    const [output] = await model.run([film]);
    const raw = output?.outputs[task === "fracture" ? "logit" : "logits"]?.data ?? [];
    if (!raw.every(Number.isFinite))
      throw new ImportError(
        "The model answers its first film with numbers that are none (NaN or infinite): its weights are damaged, or it is fed wrongly.",
      );
    return Array.from(raw, (number) => Number(number.toPrecision(7)));
  } finally {
    await model.dispose();
  }
}

async function writeWarmup(bundle: string, film: NormalisedFilm) {
  const png = encodeFilm(film);
  await writeFile(path.join(bundle, "warmup.png"), png);
  return refOf(png);
}

function refOf(bytes: Uint8Array) {
  return { digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`, bytes: bytes.length };
}

async function bundlesOfSameWork(folder: string, facts: ModelFacts): Promise<string[]> {
  const found = await surveyBundles(folder);
  const work = workOf(facts);
  return found
    .filter(
      ({ name, manifest }) => name === facts.name || (manifest !== undefined && workOf(manifest) === work),
    )
    .map((each) => each.name);
}

async function freeName(folder: string, name: string): Promise<string> {
  for (let at = 1; ; at++) {
    const free = path.join(folder, `${name}-${at}`);
    if (!existsSync(free)) return free;
  }
}
