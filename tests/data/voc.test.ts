import assert from "node:assert/strict";
import { decodeRle, rleFromSegmentation } from "@fiedler/coco";
import {
  DataError,
  type DataFiles,
  findDataSet,
  listPictures,
  memoryFiles,
  openDataSet,
  readVocXml,
  vocPalette,
} from "@fiedler/data";
import { formatError } from "../io/fixtures.ts";
import { picture, vocKit, vocXml } from "./make_sets.ts";

const open = (name: string, files: DataFiles) => openDataSet(findDataSet(name)!, files);

Deno.test("vocPalette() has VOC's colours", () => {
  const colours = [0, 1, 2, 8, 15, 255].map((i) => [...vocPalette().slice(3 * i, 3 * i + 3)]);
  // Everingham et al., VOC2012 development kit: background, aeroplane, …, person, void.
  assert.deepEqual(colours, [
    [0, 0, 0],
    [128, 0, 0],
    [0, 128, 0],
    [64, 0, 0],
    [192, 128, 128],
    [224, 224, 192],
  ]);
});

Deno.test("VOC masks take class and difficulty from the boxes, void stays apart", async () => {
  const dataSet = open("voc2012", memoryFiles(vocKit()));
  const truth = (await dataSet.truth())!;
  const [dog, person, bird] = await Array.fromAsync(truth.annotations);
  assert.deepEqual(truth.images.map(({ id }) => id), [2007000032, 2011003271]);
  assert.deepEqual([dog.category_id, dog.difficult, dog.area, dog.bbox], [12, 0, 4, [1, 1, 2, 2]]);
  assert.deepEqual([person.category_id, person.difficult, person.area], [15, 1, 6]);
  // No box at all: the class of its pixels.
  assert.deepEqual([bird.category_id, bird.image_id, bird.area], [8, 2011003271, 1]);
  assert.deepEqual([dog.id, person.id, bird.id], [1, 2, 3]);
  const { counts } = rleFromSegmentation(truth.images[0].void!, 4, 8);
  const at = [...decodeRle(Array.from(counts), 4, 8)].flatMap((value, i) => value ? [i] : []);
  assert.deepEqual(at, [11, 19]);
  assert.equal(truth.images[1].void, undefined);
});

Deno.test("VOC boxes become rectangles that fill to the box's pixels, first to last", async () => {
  const files = memoryFiles({
    "VOC2007/ImageSets/Main/trainval.txt": "000005\n",
    "VOC2007/JPEGImages/000005.jpg": picture(8, 6),
    "VOC2007/Annotations/000005.xml": vocXml(8, 6, [
      { name: "chair", box: [2, 1, 4, 6] },
      { name: "tvmonitor", difficult: true, box: [8, 6, 8, 6] },
    ]),
  });
  const truth = (await open("voc2007", files).truth())!;
  const [chair, screen] = await Array.fromAsync(truth.annotations);
  assert.deepEqual([chair.category_id, chair.bbox, chair.area], [9, [1, 0, 3, 6], 18]);
  assert.deepEqual([screen.category_id, screen.difficult, screen.area], [20, 1, 1]);
  for (const { segmentation, area } of [chair, screen]) {
    const { counts } = rleFromSegmentation(segmentation, 6, 8);
    const pixels = decodeRle(Array.from(counts), 6, 8).reduce((sum, value) => sum + value);
    assert.equal(pixels, area);
  }
  const again = await Array.fromAsync(truth.annotations);
  assert.equal(again.length, 2, "ground truth can be walked twice");
});

Deno.test("a VOC that lacks files says which and how many", async () => {
  const { ["VOCdevkit/VOC2012/SegmentationObject/2011_003271.png"]: _, ...rest } = vocKit();
  await assert.rejects(open("voc2012", memoryFiles(rest)).truth(), (error) => {
    assert.ok(error instanceof DataError);
    assert.match(error.what, /SegmentationObject has 1 of 2 files, 2011_003271\.png is missing/);
    return true;
  });
  await assert.rejects(open("voc2007", memoryFiles(rest)).truth(), {
    name: "DataError",
    message: /there is no VOCdevkit\/VOC2007\/ImageSets\/Main\/trainval\.txt/,
  });
  // Whole as a folder, and not the whole set.
  await assert.rejects(listPictures(open("voc2012", memoryFiles(vocKit()))), {
    message: /has 2913 pictures, here are 2/,
  });
});

Deno.test("readVocXml() skips parts, reads editors' extras, and refuses the rest by line", () => {
  const { objects, width } = readVocXml(vocXml(5, 4, [{ name: "cow", box: [1, 2, 3, 4] }]), "a");
  assert.deepEqual(objects, [{ name: "cow", difficult: false, box: [1, 2, 3, 4] }]);
  assert.equal(width, 5);
  const size = "<size><width>2</width><height>2</height></size>";
  const extras = `\ufeff<?xml version="1.0"?><!-- by hand -->\n<annotation verified="yes">` +
    `<filename>a &amp; b.jpg</filename><owner/>${size}</annotation>\n`;
  assert.deepEqual(readVocXml(extras, "a").objects, []);
  const box = (sides: string) => `<object><name>cat</name><bndbox>${sides}</bndbox></object>`;
  const cases: readonly (readonly [string, RegExp])[] = [
    ["", /expected one root element/],
    ["<annotation>", /<annotation> is not closed/],
    ["<annotation></size></annotation>", /<\/size> closes nothing in line 1/],
    ["<annotation/>\n<annotation/>", /expected one root element in line 2/],
    ["<annotations/>", /root must be <annotation>, got <annotations>/],
    [`<!DOCTYPE a [<!ENTITY b "c">]><annotation>${size}</annotation>`, /expected a tag, got/],
    [`<annotation>\n${size}<![CDATA[x]]></annotation>`, /expected a tag.* in line 2/],
    [`<annotation>${size}loose</annotation>`, /text "loose" between elements/],
    ["<annotation></annotation>", /must have one <size>, got 0/],
    [`<annotation>${size}${size}</annotation>`, /must have one <size>, got 2/],
    [`<annotation>${size.replace("2", "two")}</annotation>`, /<width> must be a number/],
    [`<annotation>${size}${box("<xmin>1</xmin>")}</annotation>`, /object 1.*one <ymin>, got 0/],
    [
      `<annotation>${size}${
        box("<xmin>3</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax>")
      }</annotation>`,
      /object 1: box must not be empty, got 3 1 2 2/,
    ],
    ["<a>".repeat(9), /nested over 8 deep/],
  ];
  for (const [xml, message] of cases) {
    assert.throws(() => readVocXml(xml, "a.xml"), formatError(message), xml);
  }
});
