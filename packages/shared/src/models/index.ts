export { type OfferedModel, readAnnouncedModels, readModelCard } from "./announced-models.js";
export { ModelReloads } from "./model-reloads.js";
export { offerModels, type ReplaceableModels } from "./offer-models.js";
