// What the tests of other packages use; no part of the product.
export { ensureS3Server, type GoProgram, installGoProgram } from "./support/go-program.js";
export { type RunningS3, startS3 } from "./support/s3.js";
