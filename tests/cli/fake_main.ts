/** The command line with the stand-in engine: what the kill tests start and kill. */
import { main } from "../../packages/cli/main.ts";
import { fakeEngine } from "./fake_engine.ts";

Deno.exit(await main(Deno.args, { openEngine: fakeEngine({ delayMs: 20 }) }));
