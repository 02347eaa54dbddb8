import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const exec = promisify(execFile);
const root = fileURLToPath(new URL("../../../", import.meta.url));
export const cli = path.join(root, "packages/inference/dist/src/cli.js");
const maker = path.join(root, "packages/inference/test/fixtures/make_keras.py");
const python = path.join(root, ".cache/import/bin/python");

/** What a refused import's error must be, which is no stack of calls. */
export const refused =
  (message: RegExp, code = 1) =>
  (error: Error & { code?: number; stderr?: string }) => {
    assert.equal(error.code, code, error.stderr);
    assert.match(error.stderr ?? "", message);
    assert.doesNotMatch(error.stderr ?? "", /^ {4}at /m);
    return true;
  };

/** A folder with Keras models of the origin's architecture, and with the bundles that become of them. */
export class Importing {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Importing> {
    return new Importing(await mkdtemp(path.join(os.tmpdir(), "osteon-import-")));
  }

  /** Where the bundles go. */
  get models(): string {
    return path.join(this.folder, "models");
  }

  /** Makes the models, in the import's own environment: an import must have set it up. */
  async train(which: "tiny" | "resnet50"): Promise<void> {
    await exec(python, [maker, this.folder, which], { maxBuffer: 2 ** 26 });
  }

  /** Moves the weights of an ONNX file into another beside it, in the same environment. */
  async moveWeights(file: string, to: string): Promise<void> {
    const code = `import sys, onnx
file, to = sys.argv[1:]
onnx.save_model(onnx.load(file), file, save_as_external_data=True, location=to, size_threshold=0)`;
    await exec(python, ["-c", code, path.join(this.folder, file), to]);
  }

  /** Writes an ONNX model that ONNX's own text form describes, in the same environment. */
  async writeOnnx(file: string, text: string): Promise<void> {
    const code = `import sys, onnx, onnx.parser
file, text = sys.argv[1:]
onnx.save(onnx.parser.parse_model(text), file)`;
    await exec(python, ["-c", code, path.join(this.folder, file), text]);
  }

  /** Runs the import as a user does; answers what it says. Its refusal is the error's `code` and `stderr`. */
  import(file: string, ...args: string[]): Promise<string> {
    return this.importWith({}, file, ...args);
  }

  /** The same, in an environment with more in it. */
  async importWith(env: NodeJS.ProcessEnv, file: string, ...args: string[]): Promise<string> {
    const from = file.endsWith(".onnx") ? "--onnx" : "--keras";
    const command = [cli, "import", from, path.join(this.folder, file), "--out", this.models, ...args];
    const { stdout, stderr } = await exec(process.execPath, command, { env: { ...process.env, ...env } });
    return stdout + stderr;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
