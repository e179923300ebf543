import type { DemoValues } from "./demo_flags.ts";
import { writeSite } from "./demo_folder.ts";
import { serveSite } from "./demo_server.ts";
import { buildSite, type Site } from "./demo_site.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import type { World } from "./run.ts";

/** How often the server looks whether it is to stop. */
const LOOK_MS = 100;

/** `demo`: builds the site, and serves it until Ctrl-C, or writes it into a folder. */
export async function demo(
  { port, out: folder }: DemoValues,
  { out, disk, stop }: Pick<World, "out" | "disk" | "stop">,
): Promise<ExitCode> {
  const site = await buildSite();
  if (folder !== undefined) {
    await writeSite(site, folder, disk);
    const [files, bytes] = [site.size, bytesOf(site)];
    out.event({ event: "written", folder, files, bytes });
    out.print(
      `${folder}: ${files} files, ${(bytes / 2 ** 20).toFixed(1)} MiB, for any host of files`,
    );
    return EXIT.ok;
  }
  await using server = serveSite(site, port);
  out.event({ event: "serving", url: server.url });
  out.print(`${server.url}  (Ctrl-C ends it)`);
  while (stop.signal === null) await new Promise((go) => setTimeout(go, LOOK_MS));
  return EXIT.ok;
}

const bytesOf = (site: Site): number =>
  [...site.values()].reduce((sum, { length }) => sum + length, 0);
