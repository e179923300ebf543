/** The worker that draws scenes, so that neither the GPU nor the page waits for them. */
import type { PretrainBatch } from "@fiedler/pretrain";
import type { ScenePlan } from "./pretrain_plan.ts";
import { ScenePool } from "./scene_pool.ts";

/** What it is told: first the plan, then "next" for each step, which it answers with the crops. */
export type SceneOrder = { readonly plan: ScenePlan } | "next";

const port = globalThis as unknown as {
  onmessage: (event: { readonly data: SceneOrder }) => void;
  postMessage(batch: PretrainBatch, transfer: ArrayBuffer[]): void;
};

let pool: ScenePool;

port.onmessage = ({ data }) => {
  if (data !== "next") {
    pool = new ScenePool(data.plan);
    return;
  }
  const batch = pool.next();
  port.postMessage(batch, batch.crops.map(({ buffer }) => buffer as ArrayBuffer));
};
