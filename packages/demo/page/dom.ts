/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Elements in as few words as possible. Text is only ever set as text, so nothing needs escaping. */

/** Values of attributes; false leaves one out, true sets it empty. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  return dressed(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Node[]
): SVGElementTagNameMap[K] {
  return dressed(document.createElementNS(SVG, tag), attributes, children);
}

/** Words in a drawing. */
export function svgText(attributes: Attributes, words: string): SVGTextElement {
  const text = svg("text", attributes);
  text.textContent = words;
  return text;
}

function dressed<E extends Element>(
  element: E,
  attributes: Attributes,
  children: readonly (Node | string)[],
): E {
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

/** Sets attributes; false removes one. */
export function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

/**
 * An element of `index.html`.
 *
 * @throws {Error} when the page has none of this id and kind: script and page do not belong together.
 */
export function byId<E extends Element = HTMLElement>(
  id: string,
  kind: { new (): E; readonly prototype: E } = HTMLElement as never,
): E {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`page: needs an element #${id} of ${kind.name}; load the page anew`);
}

/** The colour that CSS knows as `--tint`. */
export function tinted<E extends HTMLElement | SVGElement>(element: E, tint: string): E {
  element.style.setProperty("--tint", tint);
  return element;
}
