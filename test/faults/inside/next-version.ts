// Makes a service one of the next version (`node --import`): it writes jobs of a later version than the code says.
import { register } from "node:module";

register("./next-version-hooks.js", import.meta.url);
