export { catalogue, type ProblemCode, type ProblemDefinition } from "./catalogue.js";
export { type FieldError, ProblemError, type ProblemOptions, toProblem } from "./problem-error.js";
