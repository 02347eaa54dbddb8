import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ImportError } from "./import-error.js";
import { ensurePythonEnvironment } from "./python-environment.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../../../../", import.meta.url));
const scripts = path.join(root, "packages/inference/import");
const longestLine = 500;

/** Who is told what takes long, and may break it off. */
interface Telling {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes the Python environment of the import in `.cache`, where it is not there already.
 *
 * @returns path of its Python
 * @throws ImportError where that fails
 */
async function ensurePython({ say, signal }: Telling): Promise<string> {
  const requirements = path.join(scripts, "requirements.txt");
  const digest = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex");
  try {
    return await ensurePythonEnvironment({
      folder: path.join(root, ".cache/import"),
      install: ["-r", requirements],
      digest,
      signal,
      onMissing: () =>
        say("Setting up Keras and ONNX in .cache/import: once, some minutes, 2 GB on the disk"),
    });
  } catch (error) {
    throw new ImportError(
      `The packages of the import cannot be installed (Python 3.11 with pip and venv): ${lastLines(error)}`,
    );
  }
}

/**
 * Runs `to_onnx.py`.
 *
 * @returns what it answers, parsed
 * @throws ImportError with what the script refuses, or how it failed
 */
export async function toOnnx<T>(args: readonly string[], telling: Telling): Promise<T> {
  const python = await ensurePython(telling);
  let answer: T | { refused: string };
  try {
    const options = { maxBuffer: 2 ** 26, signal: telling.signal };
    const { stdout } = await run(python, [path.join(scripts, "to_onnx.py"), ...args], options);
    answer = JSON.parse(stdout) as T | { refused: string };
  } catch (error) {
    throw new ImportError(`The model cannot be read: ${lastLines(error)}`);
  }
  if (typeof answer === "object" && answer !== null && "refused" in answer)
    throw new ImportError(shortened(String(answer.refused)));
  return answer as T;
}

function lastLines(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: string };
  return (stderr || message).trim().split("\n").slice(-3).map(shortened).join("\n");
}

/** Keras puts whole models into a line. */
function shortened(line: string): string {
  return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
}
