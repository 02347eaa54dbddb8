export { type KeyLimits, type KeyRecord, KeyRing, type NewKey, type Scope, scopes } from "./key-ring.js";
export { lastUsesOfKeys, noteUseOfKey } from "./last-uses.js";
