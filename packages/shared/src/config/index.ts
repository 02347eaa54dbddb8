export { parseAddressRanges } from "./address-ranges.js";
export { readCa } from "./certificates.js";
export { type ConfigRule, loadConfig } from "./load.js";
export { isLoopback, keysBeyondLoopback } from "./loopback.js";
export { readRetentionTenants } from "./retention-tenants.js";
export { type Config, ConfigSchema } from "./schema.js";
