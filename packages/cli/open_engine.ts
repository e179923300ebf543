import type { Engine, EngineSettings } from "./engine.ts";

/** The real engine. */
export function openEngine(_settings: EngineSettings): Promise<Engine> {
  throw new Error("the engine is not there yet");
}
