import { build } from "./build.mjs";
import { buildPage } from "./build-page.mjs";
import { installDependencies } from "./dependencies.mjs";
import { withSetUpLock } from "./set-up-lock.mjs";
import { installTfjsNode } from "./tfjs-node.mjs";

/** What `npm start` runs; the tests and the bench are no part of it, so a slip in them stops nobody. */
export const product = [
  "packages/client",
  "packages/embedded",
  "services/gateway",
  "services/bodypart-worker",
  "services/fracture-worker",
  "services/webhook-worker",
];

/**
 * Brings a working tree, however fresh, to where its code can run. A failure ends the process with its message.
 *
 * @param {{ projects?: string[], tfjsNode?: boolean | "if-possible" }} [options] what to build; without `projects`, all. `tfjsNode`:
 *   with the engine that is not in the default install; where it cannot be had, that is told and nothing else.
 */
export async function setUp({ projects = [], tfjsNode = false } = {}) {
  // Ctrl-C and SIGTERM must release the lock, which an 'exit' listener does.
  const end = () => process.exit(130);
  process.once("SIGINT", end).once("SIGTERM", end);
  try {
    await withSetUpLock(async () => {
      await installDependencies();
      await build(projects);
      if (tfjsNode === "if-possible")
        await installTfjsNode().catch((error) => console.error(`tfjs-node: ${error.message}`));
      else if (tfjsNode) await installTfjsNode();
      await buildPage();
    });
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
  }
}
