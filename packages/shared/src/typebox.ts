/**
 * TypeBox, all that the services use of it. It comes as seven hundred modules, which every process and thread would read at
 * its start: `scripts/lib/pack-typebox.mjs` packs what this module compiles to into one, in its place.
 */
export { type Static, Type } from "typebox";
export { Compile } from "typebox/compile";
export { Value } from "typebox/value";
