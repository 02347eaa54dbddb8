// Loaded into each service of a fault run before its own code (`node --import`). The product itself has no hook for tests.
import { isMainThread } from "node:worker_threads";

const [, service] = /services\/([a-z-]+)\/dist\//.exec(process.argv[1] ?? "") ?? [];
if (isMainThread && service !== undefined && process.env.OSTEON_FAULTS_DIR !== undefined) {
  const { instrument } = await import("./instrument.js");
  await instrument(service, process.env.OSTEON_FAULTS_DIR, process.env.OSTEON_MUTATION);
}
if (isMainThread && service !== undefined && process.env.OSTEON_FULL_DISK !== undefined) {
  const { installFullDisk } = await import("./full-disk.js");
  installFullDisk(process.env.OSTEON_FULL_DISK);
}
if (isMainThread && service?.endsWith("-worker") && process.env.OSTEON_POISON === "on") {
  const { installPoison } = await import("./poison.js");
  installPoison();
}
