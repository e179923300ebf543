/** The style sheet of the report. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fcfbf9; --raised: #fff; --sunk: #f2f0ec; --ink: #1c1b19; --quiet: #6a665f;
  --line: #e4e0d9; --cold: #2f63b4; --warm: #c9651b; --link: #2a5cab;
  --shadow: 0 1px 2px #0000000a, 0 8px 30px #0000000f;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #151515; --raised: #1d1d1e; --sunk: #262627; --ink: #eceae6; --quiet: #a09c95;
    --line: #333335; --cold: #7ba9ee; --warm: #eb9a58; --link: #9bbff5;
    --shadow: 0 1px 2px #0006, 0 8px 30px #0006;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 4.5rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main { max-width: 76rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 2.5rem) 5rem; }
main > section { margin-top: clamp(4rem, 9vw, 7rem); }
h1, h2, h3, h4, h5 { line-height: 1.2; margin: 0; text-wrap: balance; font-weight: 650; }
h1 { font-size: clamp(2.3rem, 6.5vw, 4.4rem); letter-spacing: -.035em; line-height: 1.04; }
h2 { font-size: clamp(1.7rem, 3.5vw, 2.4rem); letter-spacing: -.025em; margin-bottom: 1.25rem; }
h3 { font-size: 1.2rem; letter-spacing: -.01em; }
h4 { font-size: .8rem; color: var(--quiet); font-weight: 600; margin-bottom: .5rem; }
h5 { font-size: .95rem; margin: 1.25rem 0 .6rem; }
h5 small, summary small { font-weight: 400; color: var(--quiet); margin-left: .5rem; }
p { margin: 0 0 1rem; max-width: 44rem; }
a { color: var(--link); text-underline-offset: .15em; }
small { font-size: .8125rem; }
svg { display: block; }
ol, ul { list-style: none; margin: 0; padding: 0; }
figure { margin: 0; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
.lead { font-size: clamp(1.1rem, 2vw, 1.3rem); line-height: 1.5; color: var(--quiet); }
.lead strong { color: var(--ink); font-weight: 600; }
.quiet { color: var(--quiet); }
.unseen { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; z-index: 9; background: var(--raised); padding: .5rem; }
.definitions { position: absolute; }
.columns {
  display: grid; gap: 2.5rem clamp(2rem, 5vw, 4rem); align-items: start; margin-top: 2.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr));
}
.scroll { overflow-x: auto; position: relative; }

.top {
  position: sticky; top: 0; z-index: 5; display: flex; gap: .25rem 1.5rem; align-items: center;
  padding: .8rem clamp(1rem, 4vw, 2.5rem); overflow-x: auto; white-space: nowrap;
  background: color-mix(in srgb, var(--paper) 86%, transparent);
  backdrop-filter: blur(12px); font-size: .9rem;
}
.top a { color: var(--quiet); text-decoration: none; }
.top a:hover { color: var(--ink); }
.top .brand {
  display: flex; gap: .5rem; align-items: center; color: var(--ink); font-weight: 650;
  margin-right: auto; font-size: 1rem;
}
.brand svg { width: 1.35rem; }
.cold { fill: var(--cold); }
.warm { fill: var(--warm); }

.hero { padding-top: clamp(2.5rem, 8vw, 6rem); }
.eyebrow { color: var(--quiet); margin-bottom: .75rem; }
.hero h1 { max-width: 14ch; }
.hero .lead { margin: 1.5rem 0 clamp(2rem, 5vw, 3.5rem); max-width: 36rem; }
.best { display: grid; grid-template-columns: 1fr 1fr; gap: clamp(1.25rem, 3vw, 2rem); }
.triptych {
  display: grid; grid-template-columns: repeat(3, 1fr); gap: 3px; color: inherit;
  text-decoration: none;
}
.triptych:first-child { grid-column: 1 / -1; }
.triptych svg { width: 100%; aspect-ratio: 4 / 3; height: auto; }
.triptych span:first-child svg { border-radius: 14px 0 0 14px; }
.triptych span:last-child svg { border-radius: 0 14px 14px 0; }
.triptych small { display: block; padding: .4rem .2rem 0; color: var(--quiet); }
.triptych:hover small { color: var(--ink); }

.no-photo { fill: var(--sunk); }
svg.photo, svg.panel, svg.cut { background: var(--sunk); }
.map { image-rendering: pixelated; transition: opacity .2s; }
.panel:hover .map { opacity: .25; }
.veil { fill: #0c0c0e; opacity: .72; }
.edge { fill: none; stroke: #fff; stroke-width: 1.5px; }
.edge, .mask { stroke-linejoin: round; }
.grid { fill: none; stroke: #fff; stroke-opacity: .55; stroke-width: .05; }
.mask { fill: var(--tint); fill-opacity: .45; stroke: var(--tint); transition: opacity .15s; }
.mask use { stroke-width: 2px; }
.masks:hover .mask:not(:hover), .masks:focus-within .mask:not(:focus) { opacity: .2; }
.mask:focus-visible { outline: none; fill-opacity: .7; stroke: #fff; }
.spotlight { display: none; }

.steps {
  display: grid; gap: 2rem clamp(1rem, 2.5vw, 1.75rem); counter-reset: step;
  grid-template-columns: repeat(6, 1fr);
}
.steps li { counter-increment: step; }
.steps svg { width: 100%; aspect-ratio: 1; height: auto; border-radius: 12px; }
.steps h3 { margin: .9rem 0 .3rem; font-size: 1rem; }
.steps h3::before { content: counter(step) "  "; color: var(--warm); white-space: pre; }
.steps p { font-size: .875rem; line-height: 1.5; color: var(--quiet); margin: 0; }

.figures { display: flex; flex-wrap: wrap; gap: 2rem clamp(1.5rem, 4vw, 3rem); margin: 0 0 2rem; }
.figures div { min-width: 8rem; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.figures dt { color: var(--quiet); font-size: .875rem; line-height: 1.35; }
.figures dd {
  margin: 0; font-size: clamp(1.7rem, 3vw, 2.3rem); font-weight: 600; letter-spacing: -.03em;
  line-height: 1.25; font-variant-numeric: tabular-nums; white-space: nowrap;
}

table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .6rem; font-size: .95rem; }
th, td { text-align: left; padding: .4rem 1rem .4rem 0; vertical-align: top; font-weight: 400; }
thead th { color: var(--quiet); font-size: .8rem; vertical-align: bottom; }
tbody tr { border-top: 1px solid var(--line); }
table.wide, table.bars { width: 100%; }
table + table, .columns + table, details + table { margin-top: 2.5rem; }
.bars td:not(.bar), .bars thead th:not(:first-child) {
  text-align: right; padding: .4rem 0 .4rem 1rem;
}
.bars td.bar { width: 45%; min-width: 5rem; vertical-align: middle; }
.bars td:not(.bar) { white-space: nowrap; }
svg.bar { width: 100%; height: .7rem; }
.fill { fill: var(--cold); }
rect.kept { fill: var(--cold); }
rect.nms { fill: color-mix(in srgb, var(--cold) 35%, var(--sunk)); }
rect.saliency { fill: color-mix(in srgb, var(--warm) 70%, var(--sunk)); }
rect.area { fill: color-mix(in srgb, var(--quiet) 55%, var(--sunk)); }
rect.size { fill: var(--quiet); }
.legend { font-size: .8125rem; color: var(--quiet); margin-top: .75rem; }
.legend span { display: inline-block; margin-right: 1rem; }
.legend span::before {
  content: ""; display: inline-block; width: .65rem; height: .65rem; border-radius: 2px;
  margin-right: .4rem; background: var(--c);
}
.legend .kept { --c: var(--cold); }
.legend .nms { --c: color-mix(in srgb, var(--cold) 35%, var(--sunk)); }
.legend .saliency { --c: color-mix(in srgb, var(--warm) 70%, var(--sunk)); }
.legend .area { --c: color-mix(in srgb, var(--quiet) 55%, var(--sunk)); }
.legend .size { --c: var(--quiet); }
.plot > figcaption { font-weight: 600; font-size: .95rem; margin-bottom: .6rem; }
.plot > svg { width: 100%; height: auto; }
.plot summary { font-size: .8125rem; color: var(--quiet); font-weight: 400; padding: .2rem 0; }
.plot details { border: 0; margin: 0; padding: 0; }
.rule { stroke: var(--line); }
.tick { font-size: 12px; fill: var(--quiet); text-anchor: middle; }
.tick.y { text-anchor: end; }
.band { fill: var(--cold); opacity: .18; }
.line { fill: none; stroke: var(--cold); stroke-width: 2; }

.evaluation td, .evaluation thead th:not(:first-child) {
  text-align: right; padding: .4rem 0 .4rem 1.5rem; white-space: nowrap;
}
.evaluation td.quiet, .evaluation thead th.quiet:last-child { text-align: left; }
.evaluation tbody th { font-weight: 600; }
.notes { list-style: disc; padding-left: 1.2rem; max-width: 44rem; margin-top: .6rem; }
#numbers h3 { margin-top: 2rem; }
:root { --s0: #2f63b4; --s1: #c9651b; --s2: #1d7f6e; --s3: #a2397f; --s4: #77701b; --s5: #5b5f66; }
@media screen and (prefers-color-scheme: dark) {
  :root {
    --s0: #7ba9ee; --s1: #eb9a58; --s2: #58c9b2; --s3: #e58cc6; --s4: #d3c95c; --s5: #b4b8be;
  }
}
.s0 { --c: var(--s0); } .s1 { --c: var(--s1); } .s2 { --c: var(--s2); }
.s3 { --c: var(--s3); } .s4 { --c: var(--s4); } .s5 { --c: var(--s5); }
rect:is(.s0, .s1, .s2, .s3, .s4, .s5) { fill: var(--c); }
.line:is(.s0, .s1, .s2, .s3, .s4, .s5) { stroke: var(--c); }

.curves {
  display: grid; gap: 2rem clamp(1.25rem, 3vw, 2.25rem); margin-top: 2.5rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr));
}
.curve svg { width: 100%; height: auto; }
.curve figcaption { font-size: .95rem; margin-bottom: .5rem; }
.curve figcaption span { float: right; font-variant-numeric: tabular-nums; }
.curve figcaption small { display: block; color: var(--quiet); }
.curve .line { stroke-linejoin: round; }
.round { stroke: var(--quiet); stroke-dasharray: 3 4; }

.gain { width: 100%; }
.gain tbody + tbody tr:first-child > * { padding-top: 1.25rem; }
.gain strong { font-weight: 650; }
.gain td.shift { width: 30%; min-width: 9rem; vertical-align: middle; }
svg.shift { width: 100%; height: auto; }
.way { stroke: var(--cold); stroke-width: 3; opacity: .35; }
circle.before { fill: var(--paper); stroke: var(--quiet); stroke-width: 2; }
circle.after { fill: var(--cold); }
.key::before {
  content: ""; display: inline-block; width: 12px; height: 12px; border-radius: 50%;
  margin-right: .4rem; vertical-align: -1px; border: 2px solid var(--quiet); box-sizing: border-box;
}
.key.after::before { background: var(--cold); border-color: var(--cold); }
.error { color: var(--quiet); font-weight: 400; }
#gain h3 { margin: 3rem 0 .5rem; }
.trios {
  display: grid; gap: 2rem clamp(1.25rem, 3vw, 2.5rem); margin-top: 1.5rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr));
}
.trio { min-width: 0; }
.trio h4 { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.trio > div { display: grid; grid-template-columns: repeat(3, 1fr); gap: 3px; }
.trio figure svg { width: 100%; height: auto; }
.trio figure:first-child svg { border-radius: 10px 0 0 10px; }
.trio figure:last-child svg { border-radius: 0 10px 10px 0; }
.trio figcaption { font-size: .8125rem; padding-top: .3rem; line-height: 1.35; }
.trio figcaption small { color: var(--quiet); white-space: nowrap; }
.mask path { stroke-width: 2px; }
.outlined .mask { fill-opacity: 0; pointer-events: all; }
.astray { --tint: #f4f4f4; fill-opacity: .12; stroke-dasharray: 4 3; }
.pairs {
  display: grid; gap: 1.5rem clamp(1.25rem, 3vw, 2rem);
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr));
}
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 3px; color: inherit; text-decoration: none; }
.pair svg { width: 100%; aspect-ratio: 4 / 3; height: auto; }
.pair span:first-child svg { border-radius: 10px 0 0 10px; }
.pair span:last-child svg { border-radius: 0 10px 10px 0; }
.pair small { display: block; padding: .3rem .2rem 0; color: var(--quiet); }
.pair:hover small { color: var(--ink); }

.contents {
  display: grid; gap: 1rem; margin: 2rem 0 3rem;
  grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr));
}
.contents a { text-decoration: none; color: var(--quiet); min-width: 0; }
.contents svg { width: 100%; aspect-ratio: 4 / 3; height: auto; border-radius: 8px; }
.contents small { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }

.card {
  background: var(--raised); border-radius: 20px; box-shadow: var(--shadow);
  padding: clamp(1rem, 3vw, 2.25rem); margin-top: 2rem;
  content-visibility: auto; contain-intrinsic-size: auto 60rem;
}
.card header p { margin: .3rem 0 1.25rem; font-size: .9rem; }
.card h3 a { color: inherit; text-decoration: none; overflow-wrap: anywhere; }
.card h3 a:hover { text-decoration: underline; }
.flags { margin: -.25rem 0 1.25rem; font-size: .875rem; color: var(--quiet); }
.flags strong { color: var(--warm); font-weight: 600; margin-right: .4rem; }
.look { display: grid; gap: 1.75rem; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); }
.viewer svg { width: 100%; height: auto; max-height: 40rem; border-radius: 12px; }
.views { border: 0; padding: 0; margin: .75rem 0 0; display: flex; flex-wrap: wrap; gap: .25rem; }
.views legend { position: absolute; clip-path: inset(50%); }
.views label {
  padding: .25rem .8rem; border-radius: 99px; font-size: .875rem; cursor: pointer;
  color: var(--quiet); user-select: none;
}
.views label:hover { color: var(--ink); }
.views label:has(:checked) { background: var(--sunk); color: var(--ink); }
.views label:has(:focus-visible) { outline: 3px solid var(--link); }
.views input { position: absolute; opacity: 0; pointer-events: none; }
.viewer:has([value="outlines"]:checked) .mask { fill-opacity: 0; pointer-events: all; }
.viewer:has([value="photo"]:checked) .masks { display: none; }
.viewer:has([value="spotlight"]:checked) .spotlight { display: block; }
.viewer:has([value="spotlight"]:checked) .mask { fill-opacity: 0; stroke: none; }
.panels { display: grid; gap: 1.25rem; align-content: start; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: .6rem; }
.tiles.large { grid-template-columns: 1fr 1fr; }
.tiles svg { width: 100%; height: auto; border-radius: 6px; }
.tiles figcaption { font-size: .75rem; line-height: 1.35; margin-top: .3rem; }
.tiles figcaption small { color: var(--quiet); font-size: inherit; white-space: nowrap; }
.card > h4 { margin-top: 2rem; }
.cuts { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); }
.cuts li { font-size: .75rem; line-height: 1.5; transition: opacity .15s; border-radius: 8px; }
.cuts li > svg { width: 100%; height: 8rem; border-radius: 8px; background: #0c0c0e; }
.cuts li > div { padding: .4rem .1rem 0; color: var(--quiet); }
.cuts strong { display: block; color: var(--ink); font-size: .8125rem; }
.cuts strong::before {
  content: ""; display: inline-block; width: .7rem; height: .7rem; border-radius: 50%;
  background: var(--tint); margin-right: .35rem;
}
.cuts span { display: inline-block; margin-right: .5rem; }
.cuts li:target { outline: 3px solid var(--tint); outline-offset: 4px; }
details { border-top: 1px solid var(--line); margin-top: 1.25rem; padding-top: .75rem; }
details + details { margin-top: .75rem; }
summary { cursor: pointer; font-weight: 600; font-size: .95rem; }
details .columns { margin-top: 1rem; }
.drops { display: flex; flex-wrap: wrap; gap: 1rem 1.5rem; }
.drops li { font-size: .8125rem; line-height: 1.45; color: var(--quiet); }
.drops p { margin: 0; }
.drops .one { display: flex; gap: .7rem; flex: 1 1 17rem; max-width: 22rem; }
.drops .many { max-width: 100%; }
.thumbs { display: flex; flex-wrap: wrap; gap: .5rem; margin-bottom: .3rem; }
.thumbs figcaption { font-size: .6875rem; white-space: nowrap; }
.grid-mask {
  flex: none; width: 3.5rem; height: 3.5rem; background: var(--sunk); border-radius: 4px;
}
.grid-mask path { fill: var(--warm); }

code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .85em; }
pre {
  background: var(--sunk); border-radius: 12px; padding: 1rem 1.25rem; overflow-x: auto;
  margin: 0 0 1.5rem; line-height: 1.5;
}
.hash { overflow-wrap: anywhere; }
.invitation { text-align: center; }
.invitation h2 { font-size: clamp(2rem, 5vw, 3.2rem); }
.invitation p { margin-inline: auto; }
.invitation pre { display: inline-block; font-size: 1.2rem; max-width: 100%; }

@media (max-width: 60rem) {
  .steps { grid-template-columns: repeat(3, 1fr); }
  .look { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 40rem) {
  .best { grid-template-columns: 1fr; }
  .top a:not(.brand) { display: none; }
  .steps { grid-template-columns: 1fr 1fr; }
  .cuts { grid-template-columns: 1fr 1fr; }
  .tick { font-size: 15px; }
  .curve .tick { font-size: 12px; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
@media print {
  :root { color-scheme: light; }
  body { font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .top, .views, .contents, .skip { display: none; }
  .look { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); }
  main { max-width: none; padding: 0; }
  main > section { margin-top: 2.5rem; }
  .card { box-shadow: none; border: 1px solid var(--line); content-visibility: visible; }
  .evaluation td.quiet { white-space: normal; }
  li, figure, tr, .viewer, .trio, .pair { break-inside: avoid; }
  details::details-content { content-visibility: visible; }
}
${pairedHover(24)}`;

/** Pointing at a mask in one drawing of a picture dims the others in all of them. */
function pairedHover(masks: number): string {
  const rule = (i: number) => {
    const pointedAt = `:is(.card, .trio):has(.i${i}:is(:hover, :focus-visible))`;
    return `${pointedAt} :is(.mask, .cuts li):not(.i${i}) { opacity: .2; }`;
  };
  return Array.from({ length: masks }, (_, i) => rule(i)).join("\n");
}
