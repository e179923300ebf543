import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import { bytesSource } from "@fiedler/io";
import { crc32 } from "../../packages/io/crc32.ts";
import { openZip } from "../../packages/io/zip.ts";
import { fixture, formatError, seeded } from "./fixtures.ts";
import { bytesOf, textOf, word } from "./pickle_parts.ts";
import { endRecord, zipOf, type ZipPart } from "./zip_parts.ts";

const DATA = bytesOf("attention keys of the last block ".repeat(40));
const stored: ZipPart = { name: "stored", data: DATA };
const deflated: ZipPart = {
  name: "folder/deflated",
  data: deflateRawSync(DATA),
  method: 8,
  size: DATA.length,
  crc: crc32(DATA),
};

function open(bytes: Uint8Array) {
  return openZip(bytesSource(bytes));
}

Deno.test("crc32() agrees with the bitwise definition at every length and offset", () => {
  const random = seeded(5);
  const bytes = Uint8Array.from({ length: 67 }, () => random(256));
  for (let start = 0; start < 9; start++) {
    for (let end = start; end <= bytes.length; end++) {
      let crc = 0xffffffff;
      for (const byte of bytes.subarray(start, end)) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
      }
      assert.equal(crc32(bytes.subarray(start, end)), ~crc >>> 0);
    }
  }
  assert.equal(crc32(bytesOf("123456789")), 0xcbf43926, "the check value of the standard");
});

Deno.test("openZip() reads stored and deflated members whole, in part, and from the front", async () => {
  const folder = { name: "folder/", data: new Uint8Array(0) };
  for (const zip64 of [false, true]) {
    const bytes = zipOf([stored, folder, deflated], {}, zip64);
    const members = await open(bytes);
    assert.deepEqual([...members.keys()], ["stored", "folder/deflated"]);
    for (const member of members.values()) {
      assert.equal(member.size, DATA.length);
      assert.deepEqual(new Uint8Array(await member.read()), DATA);
      assert.deepEqual(new Uint8Array(await member.slice(7, 11)), DATA.subarray(7, 18));
      assert.deepEqual(new Uint8Array(await member.slice(DATA.length, 0)), new Uint8Array(0));
      assert.deepEqual(new Uint8Array(await member.head(9)), DATA.subarray(0, 9));
      assert.deepEqual(new Uint8Array(await member.head(1e9)), DATA);
      await assert.rejects(member.slice(7, DATA.length), formatError(/has 1320 bytes, not 7 to/));
      await assert.rejects(member.slice(-1, 1), formatError(/not -1 to 0/));
    }
    assert.equal((await members.get("stored")?.read())?.buffer, bytes.buffer, "a view");
  }
});

Deno.test("openZip() reads sizes behind the data, long sizes, padding and a comment", async () => {
  const descriptor: ZipPart = {
    ...stored,
    flags: 8,
    localCrc: 0,
    localSize: 0,
    after: `PK\x07\x08${word(crc32(DATA), 4)}${word(DATA.length, 4).repeat(2)}`,
  };
  const long: ZipPart = {
    ...deflated,
    packedSize: 0xffffffff,
    size: 0xffffffff,
    headerAt: 0xffffffff,
    localSize: 0xffffffff,
    localExtra: `\x01\0${word(16, 2)}${word(DATA.length, 8)}${word(deflated.data.length, 8)}`,
  };
  const longAt = 30 + stored.name.length + DATA.length + 16;
  const extra = `\xfb\xff${word(3, 2)}pad\x01\0${word(24, 2)}` + word(DATA.length, 8) +
    word(deflated.data.length, 8) + word(longAt, 8);
  const padded: ZipPart = {
    name: "padded",
    data: DATA,
    localExtra: `FB${word(40, 2)}${"Z".repeat(40)}`,
  };
  const bytes = zipOf([descriptor, { ...long, extra }, padded], { comment: "made by hand" });
  for (const member of (await open(bytes)).values()) {
    assert.deepEqual(new Uint8Array(await member.read()), DATA, member.name);
  }
});

Deno.test("openZip() reads what torch and numpy write, which is zip64", async () => {
  const torch = fixture("torch/views_zip.pth");
  assert.ok(textOf(torch).includes("PK\x06\x06"));
  const members = await open(torch);
  assert.equal(textOf(await members.get("views_zip/version")?.read() ?? DATA), "3\n");
  for (const name of ["arrays.npz", "compressed.npz"]) {
    for (const member of (await open(fixture(`torch/${name}`))).values()) {
      assert.equal((await member.read()).length, member.size);
    }
  }
});

Deno.test("openZip() checks what it reads whole by its checksum", async () => {
  const bytes = zipOf([stored, deflated]);
  bytes[textOf(bytes).indexOf("keys")]++;
  const members = await open(bytes);
  const damaged = formatError(/"stored" has CRC-32 [\da-f]{8}, but [\da-f]{8} is declared/);
  await assert.rejects(async () => await members.get("stored")?.read(), damaged);
  await assert.rejects(async () => await members.get("stored")?.slice(0, DATA.length), damaged);
  assert.equal((await members.get("stored")?.slice(0, 4))?.length, 4, "a part is not checked");
  const wrong = await open(zipOf([{ ...deflated, crc: 1 }]));
  await assert.rejects(
    async () => await wrong.get("folder/deflated")?.slice(1, 2),
    formatError(/has CRC-32 .*, but 00000001 is declared/),
  );
});

Deno.test("openZip() says where an archive is cut", async () => {
  const bytes = zipOf([stored, deflated], {}, true);
  for (let length = 0; length < bytes.length; length += 3) {
    await assert.rejects(
      open(bytes.subarray(0, length)),
      formatError(/zip: .*(cut short|damaged)/),
    );
  }
  await assert.rejects(
    open(bytesOf(endRecord({ count: 0, size: 0, offset: 0 }))),
    formatError(/no member/),
  );
});
