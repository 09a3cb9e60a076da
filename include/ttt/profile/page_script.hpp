// The page's script, first part: reading the report, making elements, writing numbers, marks that tell what they are.
// Text reaches the page as text nodes and attributes alone, never as markup: names in a report may hold anything.
#pragma once

#include <string_view>

namespace ttt::pages {

inline constexpr std::string_view script = R"js(
const report = JSON.parse(document.getElementById('report').textContent);
const list = x => Array.isArray(x) ? x : [];
const num = x => typeof x === 'number' && isFinite(x) ? x : 0;
const text = x => x === null || x === undefined ? '' : String(x);
const at = path => path.split('.').reduce((o, k) => o === null || o === undefined ? undefined : o[k], report);
const totals = report.totals || {}, machine = report.machine || {};
const rows = list(report.rows);
const phases = ['decode', 'prompt'].filter(p => num(totals[p + '_ms']) > 0);
const phaseName = p => p === 'decode' ? 'decoding step' : 'prompt of ' + num(totals.prompt_tokens) + ' tokens';
const phaseTitle = p => p === 'decode' ? 'Decoding step' : 'Prompt of ' + num(totals.prompt_tokens) + ' tokens';
const passWord = p => p === 'decode' ? 'step' : 'prompt';
const median = r => num((r.actual_ms || {}).median);

// --- elements
function put(e, attributes, children) {
  for (const [k, v] of Object.entries(attributes || {})) if (v !== undefined && v !== false) e.setAttribute(k, v === true ? '' : v);
  for (const c of children.flat(4)) if (c !== undefined && c !== null && c !== '') e.append(c);
  return e;
}
const h = (tag, attributes, ...children) => put(document.createElement(tag), attributes, children);
const g = (tag, attributes, ...children) => put(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
const $ = id => document.getElementById(id);
const color = name => 'var(--' + (/^(qkv|scores|o|gate_up|up|down|attention|mlp|embedding|norm|head)$/.test(name) ? name : 'other') + ')';

// --- numbers: three digits, and in the element the number itself, as the report has it
const digits = x => {
  const a = Math.abs(x);
  if (a === 0) return '0';
  if (a >= 999.5) return Math.round(x).toString().replace(/\B(?=(\d{3})+$)/g, '\u202f');
  return x.toFixed(a >= 99.95 ? 0 : a >= 9.995 ? 1 : a >= 0.9995 ? 2 : a >= 0.0995 ? 3 : 4);
};
const format = {
  ms: x => Math.abs(x) >= 999.5 ? digits(x / 1e3) + ' s' : Math.abs(x) >= 0.0995 || x === 0 ? digits(x) + ' ms' : digits(x * 1e3) + ' µs',
  bytes: x => { const a = Math.abs(x); return a >= 999.5e6 ? digits(x / 1e9) + ' GB' : a >= 999.5e3 ? digits(x / 1e6) + ' MB' : a >= 999.5 ? digits(x / 1e3) + ' kB' : digits(x) + ' B'; },
  percent: x => (Math.abs(x) < 0.0995 && x !== 0 ? (100 * x).toFixed(1) : Math.round(100 * x)) + ' %',
  times: x => x.toFixed(2) + '×',
  plain: digits,
  short: x => String(+x.toFixed(2)),
};
const signed = f => x => (x > 0 ? '+' : x < 0 ? '\u2212' : '') + f(Math.abs(x));
const minus = s => s.replace(/^-/, '\u2212');
/// A name as long as there is room for.
const cut = (name, width) => name.length * 6.8 <= width ? name : name.slice(0, Math.max(1, Math.floor(width / 6.8) - 1)) + '…';
/// A number on the page: `how` formats it; `from` is its place in the report, where it is one of its numbers.
const value = (x, how, from) => h('data', {value: String(num(x)), 'data-from': from}, minus((how || format.plain)(num(x))));
const field = (path, how) => value(at(path), how, path);

// --- marks: what is under the pointer or in focus says what it is
const tip = $('tip');
function tell(mark) {
  tip.textContent = mark.dataset.tip;
  const m = mark.getBoundingClientRect(), t = tip.getBoundingClientRect();
  const x = Math.max(8, Math.min(innerWidth - t.width - 8, m.left + m.width / 2 - t.width / 2));
  const above = m.top - t.height - 8;
  tip.style.left = x + 'px';
  tip.style.top = Math.max(8, above > 8 ? above : Math.min(m.bottom + 8, innerHeight - t.height - 8)) + 'px';
  tip.style.visibility = 'visible';
}
const hush = () => { tip.style.visibility = 'hidden'; };
const markOf = e => e.target instanceof Element ? e.target.closest('[data-tip]') : null;
document.addEventListener('pointerover', e => { const m = markOf(e); if (m) tell(m); else hush(); });
document.addEventListener('focusin', e => { const m = markOf(e); if (m) tell(m); else hush(); });
document.addEventListener('focusout', hush);
addEventListener('scroll', hush, {passive: true});
document.addEventListener('keydown', e => {
  if (e.key === 'Escape') hush();
  const m = markOf(e), step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[e.key];
  if (!m || !(step || e.key === 'Home' || e.key === 'End')) return;
  const all = [...m.closest('[data-walk]').querySelectorAll('.mark')];
  const next = all[e.key === 'Home' ? 0 : e.key === 'End' ? all.length - 1 : all.indexOf(m) + step];
  e.preventDefault();
  if (!next) return;
  m.setAttribute('tabindex', '-1');
  next.setAttribute('tabindex', '0');
  next.focus();
});
/// One stop of the Tab key for all marks of a chart; arrow keys go on from there.
function walkable(chart, label) {
  put(chart, {'data-walk': true, role: 'group', 'aria-label': label}, []);
  chart.querySelectorAll('.mark').forEach((m, i) => put(m, {tabindex: i === 0 ? '0' : '-1', role: 'img', 'aria-label': m.dataset.tip.replace(/\n/g, ', ')}, []));
  return chart;
}
/// A chart is drawn at the width that it has, so that its words keep their size on a phone.
function chart(draw) {
  const box = h('div', {class: 'chart'});
  let drawn = 0;
  const redraw = () => { const w = Math.floor(box.clientWidth); if (w > 0 && w !== drawn) { drawn = w; box.replaceChildren(draw(w)); } };
  new ResizeObserver(redraw).observe(box);
  charts.push(redraw);
  return box;
}
const charts = [];
/// Fills a section; one that cannot be drawn from what the report holds stays away, and the others stand.
function section(id, fill) {
  const s = $(id), room = s.querySelector('.content, .pair');
  try {
    if (fill(room, s) === false) return;
    s.hidden = false;
  } catch (fault) {
    s.hidden = false;
    (room || s).replaceChildren(h('p', {class: 'bad'}, 'This part of the report cannot be drawn: ' + fault.message));
  }
}
const legend = entries => h('ul', {class: 'legend'}, entries.map(([name, paint]) =>
  h('li', {}, h('i', paint === 'tick' ? {class: 'tick'} : {style: 'background:' + paint}), name)));

// --- rows by what they are
const isModel = r => r.path === 'model';
const ops = p => rows.map((r, i) => [r, i]).filter(([r]) => r.phase === p && r.op !== null && r.op !== undefined);
const modules = p => rows.map((r, i) => [r, i]).filter(([r]) => r.phase === p && (r.op === null || r.op === undefined) && !isModel(r));
const modelRow = p => rows.findIndex(r => r.phase === p && isModel(r));
/// What an op is called on all layers, and what gives it its color.
const kindPath = r => text(r.path).replace(/^layers\.\d+\./, 'layers.*.');
const kindName = r => /^layers\./.test(text(r.path)) ? text(r.op) : text(r.module);
)js";

}  // namespace ttt::pages
