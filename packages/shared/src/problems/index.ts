export { catalogue, type ProblemCode } from "./catalogue.js";
export { type FieldError, ProblemError, toProblem } from "./problem-error.js";
