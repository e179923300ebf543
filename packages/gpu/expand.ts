/**
 * The two comment directives of our WGSL, expanded when a pipeline is built.
 *
 * `// @variants NAME = 4, 8` above `const NAME = 8;` lets the caller choose the constant.
 * `// @unroll` above a `for` with constant bounds writes its body out once per value, because naga
 * does not unroll. Function-local arrays that are then indexed by constants alone become scalars:
 * llvmpipe keeps arrays in memory, seven times slower, and elsewhere it avoids index clamps.
 * A file with directives is valid WGSL with the same meaning without them.
 *
 * `// @texels` above a binding that is only read, of `f32`, `vec4f`, `u32`, `vec2u` or `vec4u`, and
 * indexed by u32, lets a texture stand in for it (`texels.ts`); it is kept in the kernel's record, not
 * in its source.
 */
import { type TexelFormat, throughTextures } from "./texel_formats.ts";

/** Values for the constants that carry `@variants`. */
export type Variants = Readonly<Record<string, number>>;

const VARIANT = /\/\/ @variants (\w+) = ([\d, ]+)\n(const \1(?:: ?u32)? ?= ?)\d+(u?;)/g;
const CONSTANT = /^const (\w+)(?:: ?[ui]32)? ?= ?([^;]+);/gm;
const UNROLL = /\/\/ @unroll\s+for ?\(var (\w+) ?= ?(\d+)(u?); ?\1 ?< ?([^;]+); ?\1\+\+\) ?\{/;

/** The choices of every `@variants` constant in a source. */
export function variantChoices(source: string): Record<string, number[]> {
  const choices: Record<string, number[]> = {};
  for (const [, name, values] of source.matchAll(VARIANT)) {
    choices[name] = values.split(",").map(Number);
  }
  return choices;
}

/**
 * Sets the variant constants and unrolls the marked loops.
 *
 * @param texels bindings that are textures, and their formats.
 * @throws {RangeError} for an unknown variant, a value that is not among the declared ones, or a
 * loop whose bound is not a constant expression.
 */
export function expandWgsl(
  source: string,
  variants: Variants = {},
  texels: Readonly<Record<string, TexelFormat>> = {},
): string {
  const choices = variantChoices(source);
  for (const [name, value] of Object.entries(variants)) {
    if (!choices[name]?.includes(value)) {
      throw new RangeError(
        `variant ${name} = ${value} is not declared; known: ${JSON.stringify(choices)}`,
      );
    }
  }
  const text = source.replace(
    VARIANT,
    (whole, name: string, _values, head: string, tail: string) =>
      name in variants ? `${head}${variants[name]}${tail}` : whole.slice(whole.indexOf("\n") + 1),
  );
  const constants = new Map<string, number>();
  for (const [, name, expression] of text.matchAll(CONSTANT)) {
    const value = evaluate(expression, constants);
    if (value !== undefined) constants.set(name, value);
  }
  return throughTextures(scalarise(unroll(text, constants), constants), texels);
}

function unroll(text: string, constants: ReadonlyMap<string, number>): string {
  for (let match = UNROLL.exec(text); match; match = UNROLL.exec(text)) {
    const [head, index, start, suffix, bound] = match;
    const end = evaluate(bound, constants);
    if (end === undefined) throw new RangeError(`@unroll: "${bound}" is not a constant expression`);
    const bodyStart = match.index + head.length;
    const bodyEnd = closingBrace(text, bodyStart);
    const body = text.slice(bodyStart, bodyEnd);
    const name = new RegExp(`\\b${index}\\b`, "g");
    let copies = "";
    for (let value = Number(start); value < end; value++) {
      copies += `{${body.replace(name, `${value}${suffix}`)}}\n`;
    }
    text = text.slice(0, match.index) + copies + text.slice(bodyEnd + 1);
  }
  return text;
}

const LOCAL_ARRAY = /^[ \t{]*var (\w+): ?array<(\w+), ?([^;]+)>;/gm;

/** Replaces local arrays by scalars where every index is a constant. */
function scalarise(text: string, constants: ReadonlyMap<string, number>): string {
  for (const [declaration, name, type, size] of [...text.matchAll(LOCAL_ARRAY)]) {
    const count = evaluate(size, constants);
    const use = new RegExp(`\\b${name}\\b(?:\\[([^\\[\\]]*)\\])?`, "g");
    const uses = [...text.replace(declaration, "").matchAll(use)];
    const indices = uses.map(([, index]) => index && evaluate(index, constants));
    if (count === undefined || !indices.every((index) => typeof index === "number")) continue;
    // With an initialiser: naga does not zero a variable anew in each turn of a loop without one.
    const scalars = Array.from({ length: count }, (_, i) => `var ${name}_${i} = ${type}();`);
    const head = declaration.slice(0, declaration.indexOf("var"));
    const at = text.indexOf(declaration);
    const rename = (part: string) =>
      part.replace(use, (_, index: string) => `${name}_${evaluate(index, constants)}`);
    text = rename(text.slice(0, at)) + head + scalars.join(" ") +
      rename(text.slice(at + declaration.length));
  }
  return text;
}

function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let i = from; i < text.length; i++) {
    if (text[i] === "{") depth++;
    if (text[i] === "}" && --depth === 0) return i;
  }
  throw new RangeError("@unroll: the loop's closing brace is missing");
}

/** Integer arithmetic on literals and known constants; undefined when anything else occurs. */
function evaluate(expression: string, constants: ReadonlyMap<string, number>): number | undefined {
  const tokens = expression.match(/\w+|[-+*/%()]/g) ?? [];
  if (tokens.join("") !== expression.replace(/\s/g, "")) return undefined;
  let position = 0;
  const atom = (): number => {
    const token = tokens[position++] ?? "";
    if (token === "(") {
      const value = sum();
      position++;
      return value;
    }
    return /^\d+u?$/.test(token) ? parseInt(token) : constants.get(token) ?? NaN;
  };
  const product = (): number => {
    let value = atom();
    while (["*", "/", "%"].includes(tokens[position])) {
      const operator = tokens[position++];
      const right = atom();
      if (operator === "*") value *= right;
      else value = operator === "/" ? Math.trunc(value / right) : value % right;
    }
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (tokens[position] === "+" || tokens[position] === "-") {
      const plus = tokens[position++] === "+";
      const right = product();
      value = plus ? value + right : value - right;
    }
    return value;
  };
  const value = sum();
  return position === tokens.length && Number.isInteger(value) ? value : undefined;
}
