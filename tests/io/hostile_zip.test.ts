import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import { bytesSource } from "@fiedler/io";
import { crc32 } from "../../packages/io/crc32.ts";
import { openZip } from "../../packages/io/zip.ts";
import { formatError } from "./fixtures.ts";
import { assertRefused } from "./hostile.ts";
import { bytesOf, pickle, tensor, textOf, word } from "./pickle_parts.ts";
import {
  type EndParts,
  endRecord,
  endRecord64,
  torchZip,
  zipOf,
  type ZipPart,
} from "./zip_parts.ts";

const value: ZipPart = { name: "x/data.pkl", data: pickle(tensor()) };
const weights: ZipPart = { name: "x/data/0", data: new Uint8Array(8) };
const version: ZipPart = { name: "x/version", data: bytesOf("3\n") };

/** A checkpoint whose weights are described by lies. */
function lying(lies: Partial<ZipPart>, end: Partial<EndParts> = {}): Uint8Array {
  return zipOf([value, { ...weights, ...lies }, version], end);
}

/** A checkpoint with one more member. */
function beside(member: Partial<ZipPart> & { readonly name: string }): Uint8Array {
  return zipOf([value, weights, version, { data: bytesOf("extra"), ...member }]);
}

const zeros = new Uint8Array(1 << 20);
const packed = deflateRawSync(zeros);
const bomb = { data: packed, method: 8, crc: crc32(zeros) };
const good = torchZip(value.data);
const goodText = textOf(good);
const endAt = goodText.lastIndexOf("PK\x05\x06");
const directoryAt = goodText.indexOf("PK\x01\x02");

/** The good file with a 16-bit word of its end record changed. */
function changedEnd(offset: number, value: number): Uint8Array {
  return bytesOf(
    goodText.slice(0, endAt + offset) + word(value, 2) + goodText.slice(endAt + offset + 2),
  );
}

/** The good file with zip64 end records that say so. */
function end64(changes: Partial<EndParts>, end: Partial<EndParts> = {}): Uint8Array {
  const real = { count: 3, size: endAt - directoryAt, offset: directoryAt };
  const tail = endRecord64({ ...real, ...changes }) + endRecord({ ...real, ...end });
  return bytesOf(goodText.slice(0, endAt) + tail);
}

const HOSTILE: readonly [string, Uint8Array, RegExp][] = [
  ["two members of one name", beside({ name: "x/data/0" }), /two members are named "x\/data\/0"/],
  ["two pickles", beside({ name: "x/data.pkl" }), /two members are named "x\/data.pkl"/],
  ["a name that climbs", beside({ name: "x/../../etc/passwd" }), /leads out of the archive/],
  ["a name that climbs at its end", beside({ name: "x/.." }), /leads out of the archive/],
  ["a name with a dot alone", beside({ name: "x/./data/0" }), /leads out of the archive/],
  ["an absolute name", beside({ name: "/etc/passwd" }), /has an absolute name/],
  ["a drive", beside({ name: "C:/autoexec.bat" }), /names a drive/],
  ["a drive without a slash", beside({ name: "c:autoexec.bat" }), /names a drive/],
  ["a backslash", beside({ name: "x\\data" }), /has a backslash in its name/],
  ["a share", beside({ name: "\\\\server\\share" }), /has a backslash in its name/],
  ["a NUL", beside({ name: "x/data/0\0.txt" }), /has a control character in its name/],
  ["a newline", beside({ name: "x/data\n0" }), /has a control character in its name/],
  ["no name", beside({ name: "" }), /has an empty name/],
  ["a name that is not UTF-8", beside({ name: "x/\xff" }), /name is not UTF-8/],
  ["a folder that holds bytes", beside({ name: "x/folder/" }), /folder "x\/folder\/" holds bytes/],
  ["a password", lying({ flags: 1 }), /"x\/data\/0" is encrypted/],
  ["strong encryption", lying({ flags: 1 << 6 }), /is encrypted/],
  ["a hidden directory", lying({ flags: 1 << 13 }), /is encrypted/],
  ["a patch", lying({ flags: 1 << 5 }), /is a patch of another file/],
  ...[1, 6, 9, 12, 14, 93, 95, 99, 0xffff].map((method): [string, Uint8Array, RegExp] => [
    `method ${method}`,
    lying({ method }),
    new RegExp(`is compressed by method ${method}, only 0 and 8 are read`),
  ]),
  ["another disk", lying({ disk: 1 }), /lies on another disk/],
  ["many disks", lying({}, { disk: 2 }), /one part of a multi-disk archive/],
  ["many disks in zip64", end64({ disk: 2 }), /one part of a multi-disk archive/],
  ["a stored member that declares more", lying({ size: 9 }), /stored in 8 bytes but declares 9/],
  ["a stored bomb", lying({ size: 0xfffffffe }), /stored in 8 bytes but declares 4294967294/],
  ["a ratio beyond deflate", lying({ ...bomb, size: 1032 * packed.length + 1 }), /a zip bomb/],
  [
    "4 GB in 1 kB",
    lying({ ...bomb, size: 0xfffffffe }),
    /declares 4294967294 bytes, .* a zip bomb/,
  ],
  [
    "more than is inflated",
    lying({ ...bomb, data: new Uint8Array(2 ** 20 + 2 ** 11), size: 2 ** 30 + 1 }),
    /declares 1073741825 bytes, at most 1073741824 are inflated/,
  ],
  ["less than it holds", lying({ ...bomb, size: 8 }), /declares 8 bytes but holds more/],
  [
    "less than it holds, in stored blocks",
    lying({ method: 8, data: deflateRawSync(zeros, { level: 0 }), size: 8 }),
    /is compressed wrongly; the file is damaged/,
  ],
  [
    "more than it holds",
    lying({ method: 8, data: deflateRawSync(bytesOf("1234567")), size: 8 }),
    /declares 8 bytes but holds only 7/,
  ],
  [
    "deflate cut short",
    lying({ ...bomb, data: packed.subarray(0, 500), size: 8 }),
    /is compressed wrongly/,
  ],
  ["no deflate", lying({ method: 8, data: bytesOf("\xff\xff\xff\xff"), size: 8 }), /wrongly/],
  ["deflate of nothing", lying({ method: 8, data: bytesOf(""), size: 0 }), /declares 8 bytes but/],
  ["a wrong checksum", lying({ crc: 1 }), /has CRC-32 .* but 00000001 is declared; .*damaged/],
  [
    "another local name",
    lying({ localName: "x/data/1" }),
    /described otherwise by its local header/,
  ],
  ["a longer local name", lying({ localName: "x/data/0000" }), /described otherwise/],
  ["another local method", lying({ localMethod: 8 }), /described otherwise/],
  ["another local size", lying({ localSize: 9 }), /described otherwise/],
  ["another local checksum", lying({ localCrc: 9 }), /described otherwise/],
  ["members at one place", lying({ headerAt: 0 }), /members overlap or lie outside/],
  [
    "members that overlap by a byte",
    lying({ headerAt: value.data.length + 39 }),
    /members overlap/,
  ],
  ["a member beyond the file", lying({ headerAt: 0x7fffffff }), /reaches into the directory/],
  ["a member in the directory", lying({ headerAt: directoryAt - 4 }), /reaches into the directory/],
  [
    "a member that reaches into the next",
    lying({ packedSize: 60, size: 60 }),
    /"x\/data\/0" reaches into member "x\/version": members overlap/,
  ],
  [
    "an extra field that reaches into the next",
    good.with(goodText.indexOf("x/data/0") - 2, 200),
    /reaches into what follows it: members overlap/,
  ],
  [
    "no local header",
    good.with(goodText.indexOf("PK\x03\x04", 4), 0),
    /"x\/data\/0" has no local header/,
  ],
  [
    "an extra field cut short",
    lying({ extra: `\x01\0${word(24, 2)}short` }),
    /damaged extra field/,
  ],
  [
    "two zip64 fields",
    lying({ extra: `\x01\0${word(8, 2)}${word(8, 8)}`.repeat(2), size: 0xffffffff }),
    /two zip64 extra fields/,
  ],
  ["a zip64 field that lacks", lying({ size: 0xffffffff }), /lacks its zip64 sizes/],
  [
    "a zip64 size of 2^60",
    lying({ extra: `\x01\0${word(8, 2)}${word(2n ** 60n, 8)}`, size: 0xffffffff }),
    /size of a member is 1152921504606846976, beyond 2\^53/,
  ],
  ["bytes after the archive", bytesOf(`${goodText}more`), /no directory at its end/],
  [
    "two end records",
    bytesOf(goodText + textOf(good).slice(endAt)),
    /does not end where its end record begins/,
  ],
  [
    "an end record in the comment",
    zipOf([value, weights, version], { comment: endRecord({ count: 1, size: 0, offset: 0 }) }),
    /has two end records/,
  ],
  [
    "a directory moved",
    changedEnd(16, directoryAt + 1),
    /does not end where its end record begins/,
  ],
  ["a directory grown", changedEnd(12, endAt - directoryAt + 1), /does not end where/],
  [
    "a count too small",
    bytesOf(
      goodText.slice(0, endAt + 8) + word(2, 2).repeat(2) +
        goodText.slice(endAt + 12),
    ),
    /bytes in the directory belong to no entry/,
  ],
  [
    "a count too large",
    bytesOf(
      goodText.slice(0, endAt + 8) + word(4, 2).repeat(2) +
        goodText.slice(endAt + 12),
    ),
    /directory entry 3 of 4 is missing/,
  ],
  ["counts that differ", changedEnd(8, 2), /one part of a multi-disk archive/],
  ["end records that disagree", end64({}, { count: 2 }), /its two end records disagree/],
  ["end records of two sizes", end64({}, { size: 1 }), /its two end records disagree/],
  ["2^40 members", end64({ count: 2 ** 40 }, { count: 0xffff }), /1099511627776 members, at most/],
  [
    "a directory of 2^60 bytes",
    end64({ size: 2 ** 60 }, { size: 0xffffffff }),
    /end record is 1152921504606847232, beyond/,
  ],
  [
    "a damaged zip64 end",
    bytesOf(textOf(end64({})).replace("PK\x06\x06\x2c", "PK\x06\x06\x2d")),
    /zip64 end record is damaged/,
  ],
  [
    "an entry cut short",
    good.with(directoryAt + 28, 0xff).with(directoryAt + 29, 0xff),
    /reaches beyond the directory/,
  ],
  ["an entry without its mark", good.with(directoryAt, 0), /directory entry 0 of 3 is missing/],
];

for (const [label, bytes, message] of HOSTILE) {
  Deno.test(`openTensorFile() refuses a zip with ${label}`, () =>
    assertRefused(bytes, message, label));
}

Deno.test("openZip() refuses bytes before the first member", async () => {
  let at = 4;
  const moved = [value, weights, version].map((part) => {
    const headerAt = at;
    at += 30 + part.name.length + part.data.length;
    return { ...part, headerAt };
  });
  const behind = bytesOf(`junk${textOf(zipOf(moved, { offset: at }))}`);
  await assert.rejects(
    openZip(bytesSource(behind)),
    formatError(/4 bytes stand before the first member/),
  );
});

Deno.test("openZip() treats a zip inside a zip as bytes", async () => {
  const inner = torchZip(value.data);
  const outer = await openZip(bytesSource(zipOf([{ name: "inner.zip", data: inner }])));
  assert.deepEqual(new Uint8Array(await outer.get("inner.zip")?.read() ?? []), inner);
});
