// Packs the libraries that services read at their start. `deploy/Dockerfile` calls it; `npm run build` does the same.
import { packLibraries } from "./lib/pack-libraries.mjs";

await packLibraries();
