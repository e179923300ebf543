import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { inFolder } from "./support.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const LAUNCHER = join(ROOT, "fiedler");
const posix = Deno.build.os !== "windows";

async function sh(script: string, cwd: string, path?: string) {
  const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", script],
    cwd,
    env: path === undefined ? {} : { PATH: path },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test({
  name: "the launcher works by links, from other folders, and in paths with spaces",
  ignore: !posix,
  fn: () =>
    inFolder(async (folder) => {
      await Deno.symlink(LAUNCHER, join(folder, "absolute link"));
      await Deno.symlink("absolute link", join(folder, "relative link"));
      const { code, stdout, stderr } = await sh("./'relative link' version", folder);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^fiedler \d+\.\d+\.\d+\n$/);
      await Deno.mkdir(join(folder, "a b"));
      await Deno.symlink(ROOT, join(folder, "a b", "check out"));
      const spaced = await sh("'a b/check out/fiedler' help pipeline", folder);
      assert.equal(spaced.code, 0, spaced.stderr);
      assert.match(spaced.stdout, /--saliency-threshold/);
    }),
});

Deno.test({
  name: "the launcher passes exit codes and errors on",
  ignore: !posix,
  fn: () =>
    inFolder(async (folder) => {
      const { code, stderr } = await sh(`'${LAUNCHER}' pipelin`, folder);
      assert.equal(code, 2);
      assert.match(
        stderr,
        /^error: unknown command "pipelin", did you mean "pipeline"\?\n {2}where: /,
      );
    }),
});

Deno.test({
  name: "a reader that leaves early is no bug, and flags may stand before a verb",
  ignore: !posix,
  fn: () =>
    inFolder(async (folder) => {
      // `true` reads nothing: the first write after its end fails.
      const left = await sh(`(sleep 0.3; '${LAUNCHER}' weights --json) | true`, folder);
      assert.deepEqual([left.code, left.stderr], [0, ""]);
      // Without the verb's permission it would be a bug, with exit 1.
      const info = await sh(`'${LAUNCHER}' weights --quiet info mae`, folder);
      assert.deepEqual([info.code, info.stderr], [0, ""]);
    }),
});

/** A checkout without node_modules, and a stand-in for npm that notes its arguments. */
async function bareCheckout(folder: string, npm: string | null) {
  const root = join(folder, "check out");
  await Deno.mkdir(join(root, "bin"), { recursive: true });
  await Deno.copyFile(LAUNCHER, join(root, "fiedler"));
  await Deno.writeTextFile(join(root, "package-lock.json"), "{}");
  for (const tool of ["dirname", "uname", "readlink", "cmp", "cp", "id", "mkdir", "mktemp"]) {
    await Deno.symlink(
      (await sh(`command -v ${tool}`, folder)).stdout.trim(),
      join(root, "bin", tool),
    );
  }
  if (npm !== null) {
    await Deno.writeTextFile(join(root, "bin", "npm"), `#!/bin/sh\n${npm}\n`, { mode: 0o755 });
  }
  return root;
}

Deno.test({
  name: "a bare checkout without npm: one error that says what to install",
  ignore: !posix,
  fn: () =>
    inFolder(async (folder) => {
      const root = await bareCheckout(folder, null);
      const { code, stderr } = await sh("./fiedler version", root, join(root, "bin"));
      assert.equal(code, 2, stderr);
      assert.match(stderr, /npm is not installed.*\n {2}where: .*\n {2}to do: install Node/);
    }),
});

Deno.test({
  name: "a missing, partial or stale node_modules is installed again, a good one is not",
  ignore: !posix,
  fn: () =>
    inFolder(async (folder) => {
      // The stand-in brings a Deno that says its arguments, for any platform.
      const root = await bareCheckout(
        folder,
        `echo "npm $*" >> npm.log
         for p in linux-x64-glibc linux-arm64-glibc darwin-x64 darwin-arm64; do
           mkdir -p "node_modules/@deno/$p"
           printf '#!/bin/sh\\necho deno "$@"\\n' > "node_modules/@deno/$p/deno"
           /bin/chmod +x "node_modules/@deno/$p/deno"
         done
         echo "{}" > node_modules/.package-lock.json`,
      );
      const run = () => sh("./fiedler version", root, join(root, "bin"));
      const installs = async () =>
        (await Deno.readTextFile(join(root, "npm.log"))).split("npm ci").length - 1;
      const first = await run();
      assert.equal(first.code, 0, first.stderr);
      assert.match(first.stderr, /installing Deno and the libraries/);
      assert.match(first.stdout, /^deno run .*--deny-net .*main\.ts version\n$/);
      assert.equal((await run()).stderr, "");
      assert.equal(await installs(), 1);
      await Deno.writeTextFile(join(root, "package-lock.json"), '{ "new": true }');
      await run();
      assert.equal(await installs(), 2);
      await Deno.remove(join(root, "node_modules", ".package-lock.json"));
      await run();
      assert.equal(await installs(), 3);
    }),
});
