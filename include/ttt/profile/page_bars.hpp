// The page's script: bars of what ops and layers take beside what they should.
#pragma once

#include <string_view>

namespace ttt::pages {

inline constexpr std::string_view bars_script = R"js(
/// The ops of a phase that are the same one of several layers, added up, in the order of the plan.
function kindsOf(p) {
  const kinds = new Map();
  for (const [r, i] of ops(p)) {
    const path = kindPath(r);
    if (!kinds.has(path)) kinds.set(path, {path, name: kindName(r), rows: [], actual: 0, expected: 0, flagged: 0});
    const k = kinds.get(path);
    k.rows.push([r, i]);
    k.actual += median(r);
    k.expected += num(r.expected_ms);
    k.flagged += r.flagged ? 1 : 0;
  }
  return [...kinds.values()];
}
const isSlow = (actual, expected) => expected > 0 && actual >= num(report.factor) * expected;

section('kinds', room => {
  let drawn = 0;
  for (const p of phases) {
    const kinds = kindsOf(p), pass = num(totals[p + '_ms']);
    const top = Math.max(...kinds.map(k => Math.max(k.actual, k.expected)), 1e-12);
    const bar = k => h('div', {class: 'row', 'data-kind': k.path, 'data-phase': p},
      h('span', {class: 'name path'}, k.path.replace('layers.*.', ''), k.rows.length > 1 ? h('span', {class: 'of'}, ' ×' + k.rows.length) : '', k.flagged ? h('span', {class: 'bad', title: k.flagged + ' stand out'}, ' ▲') : ''),
      h('span', {class: 'track', 'data-tip': tipOf(k)},
        h('i', {style: `width:${k.actual / top * 100}%;background:${color(k.name)}`}), h('b', {style: `left:${k.expected / top * 100}%`})),
      h('span', {class: 'numbers'}, value(k.actual, format.ms), h('span', {class: 'of'}, value(k.actual / pass, format.percent)),
        h('span', {class: 'ratio' + (k.flagged && isSlow(k.actual, k.expected) ? ' bad' : ''), title: 'times what it should take'}, k.expected > 0 ? value(k.actual / k.expected, format.times) : '')));
    if (kinds.length) room.append(h('div', {}, h('h3', {}, phaseTitle(p)), h('div', {class: 'bars'}, kinds.map(bar))));
    drawn += kinds.length;
  }
  return drawn > 0;
});
function tipOf(k) {
  const each = k.rows.map(([r]) => median(r)).sort((a, b) => a - b), n = each.length;
  return k.path + (n > 1 ? ' ×' + n : '') + '\n' + format.ms(k.actual) + ', expected ' + format.ms(k.expected) +
    (n > 1 ? '\none: ' + format.ms(each[0]) + ' to ' + format.ms(each[n - 1]) : '') + (k.flagged ? '\n' + k.flagged + ' of them stand out' : '') +
    '\n' + text(k.rows[0][0].kernel);
}

/// Layers as columns: attention at the foot, the feed-forward network on it, whatever else above.
section('layers', room => {
  let drawn = 0;
  for (const p of phases) {
    const layers = new Map();
    for (const [r, i] of modules(p)) {
      if (typeof r.layer !== 'number') continue;
      if (!layers.has(r.layer)) layers.set(r.layer, {layer: r.layer, modules: [], actual: 0, expected: 0, flagged: []});
      const l = layers.get(r.layer);
      l.modules.push([r, i]);
      l.actual += median(r);
      l.expected += num(r.expected_ms);
    }
    for (const [r] of ops(p)) if (r.flagged && layers.has(r.layer)) layers.get(r.layer).flagged.push(text(r.op));
    const all = [...layers.values()].sort((a, b) => a.layer - b.layer);
    if (all.length < 2) continue;
    drawn += all.length;
    const names = [...new Set(all.flatMap(l => l.modules.map(([r]) => text(r.module))))];
    room.append(h('div', {'data-phase': p}, h('h3', {}, phaseTitle(p)), chart(width => columns(all, p, width)),
      legend([...names.map(n => [n, color(n)]), ['expected', 'tick']])));
  }
  return drawn > 0;
});
const niceStep = (top, count) => {
  const raw = top / count, power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 2.5, 5, 10].map(m => m * power).find(s => s >= raw * 0.999);
};
function columns(layers, p, width) {
  const height = 210, left = 46, right = 4, top = 18, foot = 22;
  const most = Math.max(...layers.map(l => Math.max(l.actual, l.expected)), 1e-12) * 1.04;
  const each = (width - left - right) / layers.length, bar = Math.max(1, Math.min(each * 0.8, 40));
  const y = v => height - foot - v / most * (height - foot - top);
  const svg = g('svg', {width, height});
  const step = niceStep(most, 4);
  for (let v = 0; v <= most; v += step)
    svg.append(g('line', {class: 'grid', x1: left, x2: width - right, y1: y(v), y2: y(v)}),
      g('text', {class: 'soft', x: left - 6, y: y(v) + 4, 'text-anchor': 'end'}, v === 0 ? '0' : format.ms(v).replace(/(\.\d*?)0+( |$)/, '$1$2').replace(/\.( |$)/, '$1')));
  const every = [1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 100].find(n => n * each >= 26) || 200;
  layers.forEach((l, i) => {
    const x = left + each * i + (each - bar) / 2;
    const says = 'layers.' + l.layer + ': ' + format.ms(l.actual) + ', expected ' + format.ms(l.expected) +
      l.modules.map(([r]) => '\n' + text(r.module) + ': ' + format.ms(median(r)) + ', expected ' + format.ms(num(r.expected_ms))).join('') +
      (l.flagged.length ? '\nstands out: ' + l.flagged.join(', ') : '');
    const mark = g('g', {class: 'mark', 'data-tip': says, 'data-layer': l.layer});
    mark.append(g('rect', {x: left + each * i, y: top - 14, width: each, height: height - foot - top + 14, fill: 'transparent'}));
    let before = 0;
    for (const [r, row] of l.modules) {
      const ms = median(r);
      mark.append(g('rect', {x, y: y(before + ms), width: bar, height: Math.max(0, y(before) - y(before + ms)), fill: color(text(r.module)), 'data-row': row}));
      before += ms;
    }
    mark.append(g('rect', {x: x - Math.min(2, (each - bar) / 2), y: y(l.expected) - 1, width: bar + 2 * Math.min(2, (each - bar) / 2), height: 2, fill: 'var(--ink)'}));
    if (l.flagged.length) {
      const m = x + bar / 2, t = y(Math.max(l.actual, l.expected)) - 5, w = Math.max(4, Math.min(5, each / 2));
      mark.append(g('path', {d: `M${m - w},${t} h${2 * w} l${-w},${-w * 1.6} z`, fill: 'var(--bad)'}));
    }
    svg.append(mark);
    if (l.layer % every === 0) svg.append(g('text', {class: 'soft', x: x + bar / 2, y: height - 6, 'text-anchor': 'middle'}, l.layer));
  });
  svg.append(g('line', {class: 'axis', x1: left, x2: width - right, y1: y(0), y2: y(0)}));
  return walkable(svg, 'layers of the ' + phaseName(p));
}
)js";

}  // namespace ttt::pages
