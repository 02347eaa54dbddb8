/** All that the services use of lru-cache. */
export { LRUCache } from "lru-cache";
