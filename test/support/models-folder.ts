import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Whichever the engine runs. */
const models = ["model.onnx", "model.int8.onnx"];
const shipped = fileURLToPath(new URL("../../../models/", import.meta.url));

/** What of a manifest makes a generation of it. */
interface Tuned {
  version: string;
  calibration: { offset?: number; temperature?: number };
}

/** A folder of the shipped bundles that a test may change. */
export class ModelsFolder {
  readonly path: string;

  private constructor(folder: string) {
    this.path = folder;
  }

  static async make(): Promise<ModelsFolder> {
    const folder = new ModelsFolder(await mkdtemp(path.join(os.tmpdir(), "osteon-models-")));
    for (const entry of await readdir(shipped, { withFileTypes: true })) {
      if (entry.isDirectory()) await folder.restore(entry.name);
    }
    return folder;
  }

  /** Gives models another calibration and version, so that each generation answers the same film otherwise. */
  async tune(generation: number, ...names: string[]): Promise<void> {
    for (const name of names) {
      const manifest = JSON.parse(await readFile(path.join(shipped, name, "model.json"), "utf8")) as Tuned;
      const { calibration } = manifest;
      manifest.version = `9.0.${generation}`;
      if (calibration.offset !== undefined) calibration.offset += generation * 0.03;
      if (calibration.temperature !== undefined) calibration.temperature *= 1 + generation * 0.02;
      await this.write(`${name}/model.json`, JSON.stringify(manifest));
    }
  }

  /** Writes a file as an operator should: beside, then renamed. */
  async write(name: string, text: string): Promise<void> {
    const beside = path.join(this.path, ".new");
    await writeFile(beside, text);
    await rename(beside, path.join(this.path, name));
  }

  /** Leaves a model as a copy that has not got far. */
  async halve(name: string): Promise<void> {
    for (const model of models) {
      const file = path.join(this.path, name, model);
      await rm(file);
      await cp(path.join(shipped, name, model), file);
      await truncate(file, 1_000_000);
    }
  }

  /** The bundle as shipped. */
  async restore(name: string): Promise<void> {
    const bundle = path.join(this.path, name);
    await rm(bundle, { recursive: true, force: true });
    await mkdir(bundle);
    for (const file of [...models, "warmup.png"])
      await symlink(path.join(shipped, name, file), path.join(bundle, file));
    for (const file of ["model.json", "CARD.md"])
      await cp(path.join(shipped, name, file), path.join(bundle, file));
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
