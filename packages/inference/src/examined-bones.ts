import type { Bone } from "@osteon/shared";
import { surveyBundles } from "./bundle.js";
import type { BodyPartManifest } from "./manifest.js";

/** The bones that have a fracture bundle in `folder`, loaded or not. @throws ProblemError as `surveyBundles` */
export async function examinedBones(folder: string): Promise<Bone[]> {
  const found = await surveyBundles(folder);
  return found.flatMap(({ manifest }) => (manifest?.task === "fracture" ? [manifest.bone] : []));
}

/** The bones that a body-part model tells and that are not among those. */
export function unexaminedBones({ decision }: BodyPartManifest, examined: Iterable<Bone>): Bone[] {
  const known = new Set(examined);
  return decision.supported.filter((bone) => !known.has(bone));
}
