// The page's look: one column, one typeface, color for the parts of a layer and for what stands out, in light and dark.
#pragma once

#include <string_view>

namespace ttt::pages {

inline constexpr std::string_view style = R"css(
:root {
  color-scheme: light dark;
  --paper: #ffffff; --panel: #f5f6f8; --line: #d8dde3; --grid: #e6e9ed; --ink: #1a1e23; --muted: #57616c;
  --link: #1c5fb8; --bad: #b3261e; --bad-panel: #fcefed; --good: #17734a; --warn: #8a5a00; --warn-panel: #fff5dd;
  --qkv: #2a66ad; --scores: #5f9bd8; --o: #9cc3ea; --gate_up: #1b7a5c; --up: #1b7a5c; --down: #6cbd9d;
  --attention: #2a66ad; --mlp: #1b7a5c; --embedding: #8d6fb8; --norm: #8b939d; --head: #c2803a; --other: #8b939d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --panel: #1d2126; --line: #333a42; --grid: #282e35; --ink: #e7eaee; --muted: #a0aab5;
    --link: #7fb2f5; --bad: #ff8f84; --bad-panel: #331d1c; --good: #63cf9d; --warn: #f1c15c; --warn-panel: #2e2716;
    --qkv: #5d9ae0; --scores: #8fbdf0; --o: #41699a; --gate_up: #3fa881; --up: #3fa881; --down: #8ad6b8;
    --attention: #5d9ae0; --mlp: #3fa881; --embedding: #b197dd; --norm: #98a1ac; --head: #d99c57; --other: #98a1ac;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
main { max-width: 1120px; margin: 0 auto; padding: 28px 24px 56px; overflow-x: clip; }
h1, h2, h3, p, ul, dl, dd, figure, pre { margin: 0; padding: 0; }
h1 { font-size: 1.55rem; line-height: 1.25; font-weight: 650; }
h2 { font-size: 1.1rem; font-weight: 650; }
h3 { font-size: .95rem; font-weight: 600; }
code, .path { font: .92em/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.over { color: var(--muted); font-size: .82rem; letter-spacing: .02em; }
data { white-space: nowrap; }
.muted { color: var(--muted); }
.how { margin-top: 4px; color: var(--muted); font-size: .87rem; }
ul.how { padding-left: 1.2em; }
header .sentence { margin-top: 16px; font-size: 1.14rem; line-height: 1.5; max-width: 62em; }
header .sentence strong { font-weight: 650; }
.notice { margin-top: 14px; padding: 10px 14px; border-left: 3px solid var(--warn); background: var(--warn-panel); }
section { margin-top: 34px; padding-top: 18px; border-top: 1px solid var(--line); }
section > p { margin-top: 3px; color: var(--muted); font-size: .9rem; max-width: 72em; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); gap: 22px 36px; margin-top: 14px; }
.pair > * { min-width: 0; }
svg { display: block; max-width: 100%; overflow: visible; }
svg text { fill: var(--ink); font-size: 11.5px; }
svg .soft { fill: var(--muted); }
svg .grid { stroke: var(--grid); stroke-width: 1; }
svg .axis { stroke: var(--line); stroke-width: 1; }
svg .halo { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.mark { cursor: default; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
svg .mark:focus { stroke: var(--ink); stroke-width: 2; }

.figures { display: grid; grid-template-columns: auto 1fr; gap: 2px 14px; margin-top: 8px; font-size: .92rem; }
.figures dt { color: var(--muted); }
.figures dd { text-align: right; }
.big { font-size: 1.7rem; font-weight: 650; line-height: 1.2; }
.big .unit { font-size: .95rem; font-weight: 500; color: var(--muted); }

.bars { margin-top: 10px; font-size: .88rem; }
.bars .row { display: grid; grid-template-columns: minmax(0, 12.3em) minmax(60px, 1fr) 13em; gap: 0 12px; align-items: center; padding: 3px 0; }
.bars .of { color: var(--muted); }
.track { position: relative; height: 15px; background: var(--panel); border-radius: 2px; }
.track i { position: absolute; left: 0; top: 0; bottom: 0; border-radius: 2px; }
.track b { position: absolute; top: -3px; bottom: -3px; width: 2px; margin-left: -1px; background: var(--ink); box-shadow: 0 0 0 1px var(--paper); }
.track.two i { bottom: 50%; border-radius: 2px 2px 0 0; }
.track.two i + i { top: 50%; bottom: 0; border-radius: 0 0 2px 2px; }
.bars .numbers { display: grid; grid-template-columns: 1fr 3.6em 4.4em; text-align: right; white-space: nowrap; }
.bars.two .row { grid-template-columns: minmax(0, 12.3em) minmax(60px, 1fr) 15em; }
.bars.two .numbers { grid-template-columns: 1fr 4.4em 4.6em; }
.bars .ratio { text-align: right; color: var(--muted); }
.bars .ratio.bad, .bad { color: var(--bad); }
.good { color: var(--good); }
.bars .ratio.bad { font-weight: 650; }

.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; list-style: none; margin-top: 8px; font-size: .84rem; color: var(--muted); }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; }
.legend i.tick { width: 2px; height: 13px; vertical-align: -2px; background: var(--ink); }

.find { margin-top: 14px; padding: 12px 16px; background: var(--panel); border-radius: 4px; border-left: 3px solid var(--bad); }
.find.whole { border-left-color: var(--line); }
.find .says { margin-top: 2px; font-size: .92rem; }
.try { margin-top: 10px; }
.try .why { font-size: .9rem; }
.command { display: flex; gap: 8px; align-items: stretch; margin: 4px 0; }
.command code { flex: 1 1 auto; min-width: 0; padding: 6px 10px; background: var(--paper); border: 1px solid var(--line); border-radius: 3px; white-space: pre-wrap; }
button { font: inherit; font-size: .82rem; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 3px; padding: 3px 10px; cursor: pointer; }
button:hover { border-color: var(--muted); }
.effects { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: .88rem; list-style: none; }

.scroll { overflow-x: auto; margin-top: 10px; }
table { border-collapse: collapse; font-size: .86rem; width: 100%; }
th, td { padding: 3px 10px 3px 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--grid); }
th { font-weight: 600; color: var(--muted); vertical-align: bottom; }
th:first-child, td:first-child, .left { text-align: left; }
td.wrap { white-space: normal; min-width: 15em; }
tr.module > td { font-weight: 600; }
tr.flagged > td:first-child::after { content: " \25B2"; color: var(--bad); }
details { margin-top: 14px; }
summary { cursor: pointer; color: var(--link); font-size: .92rem; width: fit-content; }
.tools { display: flex; gap: 6px; align-items: center; margin-top: 8px; font-size: .85rem; color: var(--muted); }
.stack { display: flex; height: 22px; gap: 1px; margin-top: 8px; border-radius: 3px; overflow: hidden; }
.stack i { min-width: 2px; }
#tip { position: fixed; z-index: 9; max-width: min(340px, calc(100vw - 16px)); padding: 7px 10px; pointer-events: none; background: var(--ink); color: var(--paper); font-size: .84rem; line-height: 1.4; border-radius: 4px; white-space: pre-line; visibility: hidden; }
footer { margin-top: 40px; padding-top: 14px; border-top: 1px solid var(--line); color: var(--muted); font-size: .85rem; }
@media (max-width: 560px) {
  main { padding: 18px 14px 40px; }
  h1 { font-size: 1.3rem; }
  header .sentence { font-size: 1.04rem; }
  .bars .row { grid-template-columns: minmax(0, 1fr) auto; padding: 4px 0; }
  .bars .track { grid-column: 1 / -1; grid-row: 2; height: 12px; }
  .bars .numbers { gap: 0 6px; grid-template-columns: auto 3em 3.8em; }
  .bars.two .row { grid-template-columns: minmax(0, 1fr) auto; }
  .bars.two .numbers { grid-template-columns: auto 4.2em 4.4em; }
}
@media print { button, .tools { display: none; } section { break-inside: avoid-page; } }
)css";

}  // namespace ttt::pages
