/**
 * Generated scenes: seeded, procedural pictures of toys on textured ground, with the exact mask and
 * category of each. No data, no GPU, no dependency; the same bytes on every machine.
 *
 * @module
 */

export { SCENE_CATEGORIES } from "./categories.ts";
export { SCENE_MODES, type SceneMode } from "./plan.ts";
export {
  GENERATOR,
  makeScene,
  type Scene,
  type SceneInstance,
  sceneInstances,
  type SceneOptions,
  scenes,
} from "./scene.ts";
