import { CATALOGUE, CATALOGUE_HOSTS, findWeights, isCatalogueUrl, termsOf } from "@fiedler/models";
import assert from "node:assert/strict";

Deno.test("names, aliases and file names of the catalogue are each said once", () => {
  const names = CATALOGUE.flatMap(({ name, aliases }) => [name, ...aliases]);
  assert.equal(new Set(names).size, names.length);
  const files = CATALOGUE.map(({ fileName }) => fileName.toLowerCase());
  assert.equal(new Set(files).size, files.length);
  for (const name of [...names, ...files]) assert.match(name, /^[a-z0-9][a-z0-9._-]*$/);
});

Deno.test("every source is https, of a listed host, and every listed host serves a source", () => {
  const sources = CATALOGUE.flatMap((entry) => entry.sources).map((source) => new URL(source));
  for (const url of sources) assert.ok(isCatalogueUrl(url), url.href);
  // Where the sources of two hosts redirect to.
  const redirects = ["drive.usercontent.google.com", "*.huggingface.co", "*.hf.co"];
  const served = new Set([...sources.map(({ hostname }) => hostname), ...redirects]);
  assert.deepEqual([...CATALOGUE_HOSTS].sort(), [...served].sort());
});

Deno.test("isCatalogueUrl() takes https from the listed hosts only", () => {
  const taken = ["https://dl.fbaipublicfiles.com/a", "https://cdn-lfs.hf.co/a?b=c"];
  const refused = [
    "http://dl.fbaipublicfiles.com/a",
    "https://dl.fbaipublicfiles.com:8443/a",
    "https://fbaipublicfiles.com/a",
    "https://dl.fbaipublicfiles.com.example.org/a",
    "https://hf.co/a",
    "https://evilhf.co/a",
    "file:///etc/passwd",
  ];
  for (const url of taken) assert.equal(isCatalogueUrl(new URL(url)), true, url);
  for (const url of refused) assert.equal(isCatalogueUrl(new URL(url)), false, url);
});

Deno.test("digests are hexadecimal, whole or said to be a part, and sizes are whole", () => {
  for (const { name, digests, bytes, aboutBytes } of CATALOGUE) {
    for (const { algorithm, hex, from } of digests) {
      assert.match(hex, /^[0-9a-f]+$/, name);
      const whole = { sha256: 64, md5: 32 }[algorithm];
      assert.ok(hex.length <= whole, name);
      if (hex.length < whole) assert.match(from, /first digits|in the file's name/, name);
    }
    assert.ok(bytes === null || (Number.isSafeInteger(bytes) && bytes > 1e6), name);
    assert.ok(bytes === null || aboutBytes === null, `${name}: exact and about`);
  }
});

Deno.test("releases of CC-BY-NC are marked non-commercial, Apache and BSD are not", () => {
  for (const { name, licence, nonCommercial } of CATALOGUE) {
    if (licence.startsWith("CC-BY-NC")) assert.ok(nonCommercial, name);
    if (["Apache-2.0", "BSD-3-Clause"].includes(licence)) assert.ok(!nonCommercial, name);
  }
  assert.equal(
    termsOf(findWeights("mae")!),
    "CC-BY-NC-4.0, non-commercial use only (https://github.com/facebookresearch/mae)",
  );
});

Deno.test("findWeights() knows names and aliases, and nothing else", () => {
  assert.equal(findWeights("dino")?.name, "dino-vitb16");
  assert.equal(findWeights("MAE-ViTB16")?.name, "mae-vitb16");
  assert.equal(findWeights("mocov3-vits16")?.name, "moco-v3-vits16");
  for (const name of ["mae-tiny", "", "toString", "vit.safetensors"]) {
    assert.equal(findWeights(name), null, name);
  }
});
