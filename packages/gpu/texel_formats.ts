/** A texture's format that holds the elements of an array in storage, bit by bit. */
export type TexelFormat = "r32float" | "rgba32float" | "r32uint" | "rg32uint" | "rgba32uint";

interface Texel {
  /** The array that it stands in for. */
  readonly array: string;
  readonly bytes: number;
  /** What a texture is of in WGSL. */
  readonly scalar: "f32" | "u32";
  /** What makes an element of a load, which always has four members. */
  readonly members: string;
  readonly sampleType: GPUTextureSampleType;
}

const uint = { scalar: "u32", sampleType: "uint" } as const;
const float = { scalar: "f32", sampleType: "unfilterable-float" } as const;

/** What there is to know of the formats. */
export const TEXELS: Readonly<Record<TexelFormat, Texel>> = {
  r32float: { array: "array<f32>", bytes: 4, members: ".x", ...float },
  rgba32float: { array: "array<vec4f>", bytes: 16, members: "", ...float },
  r32uint: { array: "array<u32>", bytes: 4, members: ".x", ...uint },
  rg32uint: { array: "array<vec2u>", bytes: 8, members: ".xy", ...uint },
  rgba32uint: { array: "array<vec4u>", bytes: 16, members: "", ...uint },
};

/** Bytes of a row of texels; copies need whole multiples of 256. */
export const ROW_BYTES = 16384;

/** Texels of a row. A power of two, so that an index needs no division. */
export const rowTexels = (format: TexelFormat): number => ROW_BYTES / TEXELS[format].bytes;

/** The format for an array in storage; undefined where there is none. */
export const texelFormat = (array: string): TexelFormat | undefined =>
  (Object.keys(TEXELS) as TexelFormat[]).find((format) => TEXELS[format].array === array);

/** WGSL with textures in place of bindings, and texel loads in place of what indexes them. */
export function throughTextures(
  text: string,
  texels: Readonly<Record<string, TexelFormat>>,
): string {
  for (const [name, format] of Object.entries(texels)) {
    const { array, scalar, members } = TEXELS[format];
    text = text.replace(
      new RegExp(`var<storage, ?read> ?${name}: ?${array};`),
      `var ${name}: texture_2d<${scalar}>;`,
    );
    const use = new RegExp(`\\b${name}\\[`);
    for (let match = use.exec(text); match; match = use.exec(text)) {
      const start = match.index + match[0].length;
      const end = closingBracket(text, start);
      const load = `textureLoad(${name}, place_${format}(${text.slice(start, end)}), 0)${members}`;
      text = text.slice(0, match.index) + load + text.slice(end + 1);
    }
  }
  // At the end, so that a compiler's line numbers stay those of the file.
  const places = [...new Set(Object.values(texels))].map((format) => {
    const width = rowTexels(format);
    return `fn place_${format}(i: u32) -> vec2u { return vec2u(i % ${width}, i / ${width}); }\n`;
  });
  return text + places.join("");
}

function closingBracket(text: string, from: number): number {
  let depth = 1;
  for (let i = from; i < text.length; i++) {
    if (text[i] === "[") depth++;
    if (text[i] === "]" && --depth === 0) return i;
  }
  throw new RangeError(`the "]" for "${text.slice(0, from).split("\n").at(-1)}" is missing`);
}
