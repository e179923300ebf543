import { FormatError } from "@fiedler/io";

/** An element: text, or elements; VOC mixes them nowhere. */
interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  /** Without space around it; empty where there are children. */
  readonly text: string;
}

const MAX_DEPTH = 8; // VOC needs five: annotation, object, part, bndbox, xmin
const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
};

/**
 * One piece of XML at a time: declaration or comment, closing tag, opening tag with attributes
 * (which VOC does not use, and its editors do), text. Anything else (DOCTYPE, CDATA) is no match.
 */
const TOKEN =
  /(<\?xml[^?]*\?>|<!--[\s\S]*?-->)|<\/([\w.-]+)\s*>|<([\w.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;

/** The root element of a document. */
function parse(text: string, where: string): Element {
  const fail = (what: string, at: number): never => {
    throw new FormatError(`${where}: ${what} in line ${text.slice(0, at).split("\n").length}`);
  };
  const root = { name: "", children: [] as Element[], text: "" };
  const open = [root];
  const close = () => {
    const { name, children, text } = open.pop()!;
    const trimmed = unescape(text).trim();
    open.at(-1)!.children.push({ name, children, text: trimmed });
  };
  TOKEN.lastIndex = text.startsWith("\ufeff") ? 1 : 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) return fail(`expected a tag, got ${quote(text, at)}`, at);
    const [, skipped, closing, opening, , empty, words] = match;
    if (skipped !== undefined) continue;
    if (closing !== undefined) {
      if (open.length === 1 || open.at(-1)!.name !== closing) {
        return fail(`</${closing}> closes nothing`, at);
      }
      close();
    } else if (opening !== undefined) {
      if (open.length > MAX_DEPTH) return fail(`elements nested over ${MAX_DEPTH} deep`, at);
      if (open.at(-1)!.text.trim() !== "") return fail(`<${opening}> beside text`, at);
      open.push({ name: opening, children: [], text: "" });
      if (empty) close();
    } else {
      const mixed = open.length === 1 || open.at(-1)!.children.length > 0;
      if (mixed && words.trim() !== "") return fail(`text ${quote(words, 0)} between elements`, at);
      open.at(-1)!.text += mixed ? "" : words;
    }
  }
  if (open.length > 1) return fail(`<${open.at(-1)!.name}> is not closed`, text.length);
  if (root.children.length !== 1) return fail("expected one root element", text.length);
  return root.children[0];
}

const quote = (text: string, at: number) => JSON.stringify(text.slice(at, at + 20));

const unescape = (text: string) => text.replace(/&\w+;/g, (entity) => ENTITIES[entity] ?? entity);

/** An object of a VOC annotation. */
export interface VocObject {
  /** Its class: `person`. */
  readonly name: string;
  /** Whether it is marked as hard to recognise. */
  readonly difficult: boolean;
  /** `[xmin, ymin, xmax, ymax]` as written: pixels from 1, the last one inside. */
  readonly box: readonly [xmin: number, ymin: number, xmax: number, ymax: number];
}

/** What is read of a VOC annotation. */
export interface VocAnnotation {
  /** Columns of the picture. */
  readonly width: number;
  /** Rows of the picture. */
  readonly height: number;
  /** All objects, in their order. */
  readonly objects: readonly VocObject[];
}

/**
 * Reads an annotation of PASCAL VOC: size and objects; parts of objects (heads, hands) are left
 * aside, as are fields that say nothing of boxes.
 *
 * @param where The file, the start of each message.
 * @throws {FormatError} naming line or element, when it is no XML of VOC's kind.
 *
 * @example
 * ```ts
 * import { readVocXml } from "@fiedler/data";
 * import assert from "node:assert/strict";
 *
 * const size = "<size><width>4</width><height>3</height><depth>3</depth></size>";
 * const box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>3</ymax></bndbox>";
 * const object = `<object><name>cat</name><difficult>1</difficult>${box}</object>`;
 * const { objects } = readVocXml(`<annotation>${size}${object}</annotation>`, "a.xml");
 * assert.deepEqual(objects, [{ name: "cat", difficult: true, box: [1, 1, 2, 3] }]);
 * ```
 */
export function readVocXml(text: string, where: string): VocAnnotation {
  const root = parse(text, where);
  if (root.name !== "annotation") {
    throw new FormatError(`${where}: the root must be <annotation>, got <${root.name}>`);
  }
  const size = child(root, "size", where);
  const objects = root.children.filter(({ name }) => name === "object").map((object, i) => {
    const place = `${where}: object ${i + 1}`;
    const box = child(object, "bndbox", place);
    const [xmin, ymin, xmax, ymax] = ["xmin", "ymin", "xmax", "ymax"].map((side) =>
      numberIn(box, side, place)
    );
    if (!(xmin <= xmax && ymin <= ymax)) {
      throw new FormatError(`${place}: box must not be empty, got ${xmin} ${ymin} ${xmax} ${ymax}`);
    }
    const difficult = object.children.find(({ name }) => name === "difficult")?.text ?? "0";
    return {
      name: child(object, "name", place).text,
      difficult: difficult !== "0",
      box: [xmin, ymin, xmax, ymax] as const,
    };
  });
  return {
    width: numberIn(size, "width", where),
    height: numberIn(size, "height", where),
    objects,
  };
}

function child({ name, children }: Element, wanted: string, where: string): Element {
  const found = children.filter((element) => element.name === wanted);
  if (found.length === 1) return found[0];
  throw new FormatError(`${where}: <${name}> must have one <${wanted}>, got ${found.length}`);
}

/** VOC 2011 and later have boxes such as `45.70000076293945`. */
function numberIn(element: Element, wanted: string, where: string): number {
  const { text } = child(element, wanted, where);
  const value = Number(text);
  if (text !== "" && Number.isFinite(value)) return value;
  throw new FormatError(`${where}: <${wanted}> must be a number, got ${JSON.stringify(text)}`);
}
