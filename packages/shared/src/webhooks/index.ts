export { Deliveries, type DeliveryRecord, type DeliveryRef, nameOf, refOfName } from "./deliveries.js";
export { Dispatch, deliveryRefs } from "./dispatch.js";
export { type EndpointChange, EndpointRegistry, type EndpointSettings } from "./endpoint-registry.js";
export { type EndpointRecord, type EndpointRef, Endpoints, publicEndpoint } from "./endpoints.js";
export { forgetEndpoints, KnownEndpoints } from "./known-endpoints.js";
export { openRegistry } from "./open-registry.js";
export type { Resolve } from "./resolve.js";
export { SecretBox } from "./secret-box.js";
export { TargetPolicy } from "./targets.js";
