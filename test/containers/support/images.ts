import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { ensureS3Server } from "@osteon/embedded/testing";
import { run, tryRun } from "../../support/run.js";
import { goTool, root } from "../../support/tools.js";
import { type Engine, install } from "./engine.js";

const cache = path.join(root, ".cache", "containers");

const certificates = "/etc/ssl/certs/ca-certificates.crt";
const suite = "bookworm";
const mirror = "http://deb.debian.org/debian";

/**
 * What the compose file is built with where nothing can be pulled: images of the same interface, made of the machine's own
 * Node, Debian's packages and the S3 server of the tests.
 */
export async function standIns(engine: Engine): Promise<Record<string, string>> {
  const node = `osteon-test/node:${process.versions.node}`;
  await importTar(engine, node, await baseArchive());
  await withFolder(async (folder) => {
    await mkdir(path.join(folder, "go/bin"), { recursive: true });
    await cp(await ensureS3Server(), path.join(folder, "go/bin/versitygw"));
    await run("tar", ["-C", folder, "-cf", `${folder}.tar`, "."]);
    await importTar(engine, "osteon-test/versitygw", `${folder}.tar`);
    await rm(`${folder}.tar`);
  });
  await withFolder(async (folder) => {
    const lines = [
      `FROM ${node}`,
      "RUN apt-get update && RUNLEVEL=1 apt-get install -y --no-install-recommends redis-server && \\",
      "  ln -s redis-server /usr/bin/valkey-server && ln -s redis-cli /usr/bin/valkey-cli && \\",
      "  mkdir /data && chown 999:999 /data",
      "VOLUME /data",
    ];
    await writeFile(path.join(folder, "Dockerfile"), lines.join("\n"));
    await run("docker", ["build", "--network", "host", "-t", "osteon-test/valkey", folder], {
      env: engine.env,
    });
  });
  return {
    NODE_IMAGE: node,
    S3_FROM: "osteon-test/versitygw",
    VALKEY_IMAGE: "osteon-test/valkey",
    BUILD_NETWORK: "host",
    ...(existsSync(certificates) ? { BUILD_CA: certificates } : {}),
  };
}

/** A Debian with the machine's own Node and npm in it, as a tar; made once. */
async function baseArchive(): Promise<string> {
  const kept = path.join(cache, `base-${suite}-node-${process.versions.node}.tar`);
  if (existsSync(kept)) return kept;
  await install("debootstrap", "debootstrap");
  await mkdir(cache, { recursive: true });
  await withFolder(async (folder) => {
    process.stderr.write("Making a base image with debootstrap: once, some two minutes\n");
    await run("debootstrap", ["--variant=minbase", suite, folder, mirror]);
    for (const unread of [
      "var/cache/apt/archives",
      "var/lib/apt/lists",
      "usr/share/doc",
      "usr/share/man",
      "usr/share/locale",
    ])
      await rm(path.join(folder, unread), { recursive: true, force: true });
    await cp(process.execPath, path.join(folder, "usr/local/bin/node"), { dereference: true });
    const modules = path.join(folder, "usr/local/lib/node_modules");
    await cp(path.join(await run("npm", ["root", "-g"]), "npm"), path.join(modules, "npm"), {
      recursive: true,
    });
    await symlink("../lib/node_modules/npm/bin/npm-cli.js", path.join(folder, "usr/local/bin/npm"));
    await run("tar", ["-C", folder, "-cf", `${kept}.part`, "."]);
    await rename(`${kept}.part`, kept);
  });
  return kept;
}

/** The client's own `docker compose` where it is new enough; else compose built from its Go module. */
export async function findCompose(engine: Engine): Promise<string[]> {
  const { code, stdout } = await tryRun("docker", ["compose", "version", "--short"], { env: engine.env });
  const recent = /^v?(2\.(2[4-9]|[3-9]\d)|[3-9]\.|\d\d)/.test(stdout.trim());
  return code === 0 && recent ? ["docker", "compose"] : [await goTool("docker-compose")];
}

async function importTar(engine: Engine, tag: string, file: string): Promise<void> {
  await engine.docker("import", file, tag);
}

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-image-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
