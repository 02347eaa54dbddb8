// Packs the libraries that services read at their start. Part of `npm run build`.
import { packLibraries } from "./lib/pack-libraries.mjs";

await packLibraries();
