/** Tiny data sets in the published layouts, in memory. */
import { encodePng } from "@fiedler/io";
import { vocPalette } from "@fiedler/data";

type Contents = Record<string, Uint8Array | string>;

/** A grey picture, as PNG whatever its name: the signature decides. */
export const picture = (width: number, height: number): Uint8Array<ArrayBuffer> =>
  encodePng({ width, height, data: new Uint8Array(3 * width * height).fill(90) });

/** An annotation of VOC. */
export function vocXml(
  width: number,
  height: number,
  objects: readonly { name: string; difficult?: boolean; box: readonly number[] }[],
): string {
  const rows = objects.map(({ name, difficult, box: [xmin, ymin, xmax, ymax] }) =>
    `\t<object>
\t\t<name>${name}</name>
\t\t<pose>Left</pose>
\t\t<truncated>1</truncated>
\t\t<difficult>${difficult ? 1 : 0}</difficult>
\t\t<bndbox><xmin>${xmin}</xmin><ymin>${ymin}</ymin><xmax>${xmax}</xmax><ymax>${ymax}</ymax></bndbox>
\t\t<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>
\t</object>`
  );
  return `<annotation>
\t<folder>VOC2012</folder>
\t<source><database>The VOC2007 Database</database></source>
\t<size><width>${width}</width><height>${height}</height><depth>3</depth></size>
\t<segmented>1</segmented>
${rows.join("\n")}
</annotation>
`;
}

/** A label map as VOC stores it. */
export function labelPng(rows: readonly string[], labels: Readonly<Record<string, number>>) {
  const data = Uint8Array.from(rows.join(""), (letter) => labels[letter] ?? 0);
  return encodePng({ width: rows[0].length, height: rows.length, data, palette: vocPalette() });
}

/** VOC2012: a dog, half of it under a difficult person; void pixels between. */
export function vocKit(): Contents {
  const rows = ["........", ".aav.bb.", ".aav.bb.", ".....bb."];
  const xml = vocXml(8, 4, [
    { name: "person", difficult: true, box: [6, 2, 7, 4] },
    { name: "dog", box: [2.2, 2, 3.4, 3] }, // VOC 2011 and later have fractions
  ]);
  const kit = "VOCdevkit/VOC2012";
  return {
    [`${kit}/ImageSets/Segmentation/trainval.txt`]: "2007_000032\n2011_003271\n",
    [`${kit}/JPEGImages/2007_000032.jpg`]: picture(8, 4),
    [`${kit}/JPEGImages/2011_003271.jpg`]: picture(3, 2),
    [`${kit}/Annotations/2007_000032.xml`]: xml,
    [`${kit}/Annotations/2011_003271.xml`]: vocXml(3, 2, []),
    [`${kit}/SegmentationObject/2007_000032.png`]: labelPng(rows, { a: 1, b: 2, v: 255 }),
    [`${kit}/SegmentationObject/2011_003271.png`]: labelPng(["...", ".c."], { c: 1 }),
    [`${kit}/SegmentationClass/2007_000032.png`]: labelPng(rows, { a: 12, b: 15, v: 255 }),
    [`${kit}/SegmentationClass/2011_003271.png`]: labelPng(["...", ".c."], { c: 8 }),
  };
}

/** COCO instances JSON of some pictures, with one square object each, and one crowd. */
export function cocoJson(names: readonly string[], firstId = 100): string {
  const images = names.map((file_name, i) => ({ id: firstId + i, file_name, width: 8, height: 6 }));
  const annotations = images.map(({ id }, i) => ({
    id: i + 1,
    image_id: id,
    category_id: 3,
    segmentation: [[1, 1, 5, 1, 5, 4, 1, 4]],
    area: 12,
    bbox: [1, 1, 4, 3],
    iscrowd: 0,
  }));
  const crowd = {
    id: 99,
    image_id: firstId,
    category_id: 3,
    segmentation: { size: [6, 8], counts: [40, 8] },
    area: 8,
    bbox: [6, 4, 2, 2],
    iscrowd: 1,
  };
  return JSON.stringify({
    info: {},
    images,
    annotations: [...annotations, crowd],
    categories: [{ id: 3, name: "car", supercategory: "vehicle" }], // last, as COCO has it
  });
}
