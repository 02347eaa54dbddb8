export { TargetPolicy } from "./targets.js";
