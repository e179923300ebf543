import assert from "node:assert/strict";

/** A name that would run if it were not escaped. */
export const HOSTILE = `<img src=x onerror="alert('1')">`;

/** A page that is whole, runs nothing, asks for nothing, and whose links lead somewhere. */
export function checkPage(page: string): void {
  assert.match(page, /^<!doctype html>/);
  assert.match(page, /<\/html>\s*$/);
  assert.doesNotMatch(page, /<script|<iframe|<link|javascript:|@import|<img|\son\w+="/i);
  assert.match(
    page,
    /content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"/,
  );
  assert.doesNotMatch(page, /NaN|Infinity|undefined|\[object/);
  const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length);
  const targets = [...page.matchAll(/(?:href="|url\()#([^")]*)/g)].map(([, id]) => id);
  assert.deepEqual(targets.filter((id) => !ids.includes(id)), []);
}
