/** Fetches a checkpoint as a process of its own: what the kill test starts and kills. */
import { type CatalogueEntry } from "@fiedler/models";
import { Disk } from "../../packages/cli/disk.ts";
import { openOutput } from "../../packages/cli/output.ts";
import { fetchWeights } from "../../packages/cli/weights_fetch.ts";

const [folder, entry] = Deno.args;
const options = { acceptTerms: true, question: null, folder, allowed: () => true };
const world = { out: openOutput({ quiet: true }), disk: new Disk(), stop: { signal: null } };
Deno.exit(await fetchWeights(JSON.parse(entry) as CatalogueEntry, options, world));
