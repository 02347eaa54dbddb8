// Packs what TypeScript compiled, where that makes processes start sooner. Part of `npm run build`.
import { packTypebox } from "./lib/pack-typebox.mjs";

await packTypebox();
