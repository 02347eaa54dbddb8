export { readCa } from "./certificates.js";
export { loadConfig } from "./load.js";
export { isLoopback } from "./loopback.js";
export { type Config, ConfigSchema } from "./schema.js";
