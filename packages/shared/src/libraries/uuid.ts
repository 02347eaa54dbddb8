/** All that the services use of uuid. */
export { v7 as uuidv7 } from "uuid";
