export { DeadLetters, deadLettersPageSize } from "./dead-letters.js";
