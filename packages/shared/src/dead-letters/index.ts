export { DeadLetters, deadLettersPageSize, isDeadLetterId } from "./dead-letters.js";
