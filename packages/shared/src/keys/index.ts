export {
  isTenant,
  type KeyLimits,
  type KeyRecord,
  KeyRing,
  type NewKey,
  onlyTenant,
  type Scope,
  scopes,
} from "./key-ring.js";
export { lastUsesOfKeys, noteUseOfKey } from "./last-uses.js";
