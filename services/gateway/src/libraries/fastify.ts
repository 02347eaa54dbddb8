/**
 * Fastify and what it is extended with, all that the gateway uses of it. The page of the API's reference is missing: it looks for its
 * files beside its own module.
 */
export { default as negotiate } from "@fastify/accept-negotiator";
export { default as cookie } from "@fastify/cookie";
export { default as cors } from "@fastify/cors";
export { default as multipart } from "@fastify/multipart";
export { default as staticFiles } from "@fastify/static";
export { default as swagger } from "@fastify/swagger";
export { Ajv } from "ajv";
export { default as formats } from "ajv-formats";
export { default as Fastify, LogController } from "fastify";
export { default as pLimit } from "p-limit";
export { parse as parseRange } from "range-parser";
export { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
