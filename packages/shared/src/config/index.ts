export { loadConfig } from "./load.js";
export { type Config, ConfigSchema } from "./schema.js";
