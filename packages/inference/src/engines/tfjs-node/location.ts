import { fileURLToPath } from "node:url";

/** Where `npm run setup:tfjs-node` installs the runtime, in the root of the repository. */
export const tfjsNodeFolder = fileURLToPath(new URL("../../../../../../.cache/tfjs-node/", import.meta.url));
