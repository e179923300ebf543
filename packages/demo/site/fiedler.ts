/**
 * What a page imports that has no build step of its own: `import { … } from "./fiedler.js"`.
 *
 * @module
 */
export { Gpu } from "@fiedler/gpu";
export * from "@fiedler/kernels";
export * from "@fiedler/web";
