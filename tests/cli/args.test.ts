import assert from "node:assert/strict";
import { parseCommandLine } from "../../packages/cli/args.ts";
import { COMMANDS } from "../../packages/cli/commands.ts";
import { CliError } from "../../packages/cli/exit.ts";
import { PIPELINE_FLAGS } from "../../packages/cli/flags.ts";
import { commandHelp, overview } from "../../packages/cli/help.ts";
import { proposalOptions, resolveFlags } from "../../packages/cli/settings.ts";
import { suggest } from "../../packages/cli/suggest.ts";

const parse = (line: string) => parseCommandLine(line.split(" ").filter((word) => word !== ""));

const resolved = (line: string, config = "{}") =>
  resolveFlags(PIPELINE_FLAGS, parse(line), () => Promise.resolve(config));

Deno.test("parseCommandLine() reads flags in both forms, lists, switches and operands", () => {
  const { command, operands, given } = parse(
    "pipeline a b --k=2,3 --nms 0.7 --force --overlays off",
  );
  assert.equal(command.name, "pipeline");
  assert.deepEqual(operands, ["a", "b"]);
  assert.deepEqual(given, { k: [2, 3], nms: 0.7, force: true, overlays: false });
});

Deno.test("parseCommandLine() takes negative numbers", () => {
  assert.deepEqual(parse("propose --affinity-threshold -0.5").given, {
    "affinity-threshold": -0.5,
  });
});

Deno.test("parseCommandLine() turns -h, --help and no arguments into help", () => {
  for (const line of ["", "-h", "--help", "help"]) assert.equal(parse(line).command.name, "help");
  assert.deepEqual(parse("pipeline --nms nonsense --help").operands, ["pipeline"]);
});

Deno.test("parseCommandLine() refuses with exit 2 and says what was meant", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["pipelin", /unknown command "pipelin", did you mean "pipeline"\?/],
    ["pipeline --nsm 0.7", /unknown flag --nsm, did you mean --nms\?/],
    ["pipeline --xyzzy 0.7", /unknown flag --xyzzy$/],
    ["pipeline -k 2", /unknown flag -k/],
    ["pipeline --nms", /--nms needs a value/],
    ["pipeline --nms --force", /--nms needs a value/],
    ["pipeline --nms 2", /nms must be a number from 0 to 1 of at most four decimals, got 2/],
    [
      "pipeline --nms much",
      /nms must be a number from 0 to 1 of at most four decimals, got "much"/,
    ],
    ["pipeline --nms 0.7 --nms 0.8", /--nms is given twice/],
    ["pipeline --k 3,2", /k must be whole numbers from 2 to 16, ascending/],
    ["pipeline --k 2,2", /ascending/],
    ["pipeline --k 1", /from 2 to 16/],
    ["pipeline --k 2.5", /whole numbers/],
    ["pipeline --k=", /whole numbers/],
    ["pipeline --force=yes", /--force takes no value/],
    ["pipeline --affinity cosine", /affinity must be one of relu, minmax/],
    ["pipeline --overlays maybe", /overlays must be on or off/],
    ["pipeline --resize short:0", /resize must be auto, native, short:N/],
    ["pipeline --name ../x", /name must be one name without slashes/],
    ["pipeline --name ..", /name must be one name without slashes/],
    ["doctor now", /doctor takes no arguments/],
    ["report", /report needs RUN/],
    ["features", /features needs IMAGES/],
    ["doctor --nms 0.5", /unknown flag --nms/],
  ];
  for (const [line, what] of cases) {
    assert.throws(() => parse(line), (error) => {
      assert.ok(error instanceof CliError, line);
      assert.equal(error.exit, 2, line);
      assert.match(error.what, what);
      assert.ok(error.where !== "" && error.advice !== "", line);
      return true;
    });
  }
});

Deno.test("resolveFlags() puts the command line before the config file before the default", async () => {
  const config = '{ "nms": 0.6, "seed": 7, "k": [2, 4], "overlays": false }';
  const values = await resolved("pipeline --nms 0.9 --config c.json", config);
  assert.equal(values.nms, 0.9);
  assert.equal(values.seed, 7);
  assert.equal(values.overlays, false);
  assert.equal(values.gallery, 48);
  assert.deepEqual(proposalOptions(values).clusterCounts, [2, 4]);
});

Deno.test("resolveFlags() refuses a wrong config file with exit 2", async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["{", /not JSON/],
    ["[]", /one JSON object/],
    ['{ "nsm": 1 }', /unknown key "nsm", did you mean "nms"/],
    ['{ "nms": "0.7" }', /nms must be a number/],
    ['{ "force": true }', /unknown key "force"/],
    ['{ "overlays": "off" }', /must be on or off \(in a config file true or false\)/],
  ];
  for (const [config, what] of cases) {
    await assert.rejects(resolved("pipeline --config c.json", config), (error) => {
      assert.ok(error instanceof CliError);
      assert.equal(error.exit, 2);
      assert.match(error.what, what);
      return true;
    });
  }
});

Deno.test("proposalOptions() refuses labels that the embedding does not fit with exit 2", async () => {
  const lines = [
    "cluster_qr --embedding dss",
    "cluster_qr --embedding njw",
    "discretize --embedding dss",
  ];
  for (const line of lines) {
    const values = await resolved(`pipeline --labels ${line}`);
    assert.throws(() => proposalOptions(values), (error) => {
      assert.ok(error instanceof CliError);
      assert.equal(error.exit, 2);
      assert.match(error.what, /^labels (cluster_qr|discretize) need embedding sklearn, got/);
      assert.equal(error.where, `--labels ${line}`);
      return true;
    });
  }
  const turned = await resolved("pipeline --labels discretize --embedding njw");
  assert.equal(proposalOptions(turned).labels, "discretize");
});

Deno.test("proposalOptions() starts from the preset, and flags win over it", async () => {
  const paper = proposalOptions(await resolved("pipeline --preset paper"));
  assert.equal(paper.nmsThreshold, 0.8);
  assert.equal(paper.minPatches, 0);
  const practical = proposalOptions(await resolved("pipeline --min-patches 0"));
  assert.equal(practical.nmsThreshold, 0.7);
  assert.equal(practical.minPatches, 0);
  assert.equal(proposalOptions(await resolved("pipeline --connectivity 8")).connectivity, 8);
});

Deno.test("suggest() finds slips of the finger and nothing far-fetched", () => {
  const known = ["model", "saliency", "seed", "nms", "nms-order", "connectivity"];
  assert.equal(suggest("modle", known), "model");
  assert.equal(suggest("sed", known), "seed");
  assert.equal(suggest("connect", known), "connectivity");
  assert.equal(suggest("banana", known), null);
});

Deno.test("help names every command, and each command every flag of its own", () => {
  for (const command of COMMANDS) {
    assert.ok(overview().includes(`  ${command.name} `), command.name);
    const text = commandHelp(command);
    for (const flag of Object.keys(command.flags)) assert.ok(text.includes(`  --${flag}`), flag);
    for (const line of text.split("\n")) assert.ok([...line].length <= 96, line);
  }
});

Deno.test("the examples in help parse", () => {
  for (const { example } of COMMANDS) parse(example.replace(/^fiedler /, ""));
});
