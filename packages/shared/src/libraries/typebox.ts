/** TypeBox, all that the services use of it. */
export { type Static, type TSchema, Type } from "typebox";
export { Compile } from "typebox/compile";
export { Value } from "typebox/value";
