export {
  type OfferedModel,
  readAnnouncedModels,
  readAnnouncedWorkers,
  readModelCard,
} from "./announced-models.js";
export { ModelReloads } from "./model-reloads.js";
export { offerModels, type ReplaceableModels } from "./offer-models.js";
