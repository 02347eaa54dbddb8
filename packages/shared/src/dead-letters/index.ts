export { type DeadLetterFilter, DeadLetters, deadLettersPageSize, isDeadLetterId } from "./dead-letters.js";
