// The page's script: two runs beside each other, and every row of the report as a table.
#pragma once

#include <string_view>

namespace ttt::pages {

inline constexpr std::string_view table_script = R"js(
section('comparison', room => {
  const c = report.comparison;
  if (!c || typeof c !== 'object') return false;
  $('comparison-sentence').textContent = text(c.text);
  $('comparison-notes').replaceChildren(...list(c.notes).map(n => h('li', {}, text(n))));
  const all = list(c.rows).map((r, i) => [r, i]);
  const line = ([r, i]) => {
    const from = 'comparison.rows.' + i, b = num((r.before_ms || {}).median), a = num((r.after_ms || {}).median);
    const range = which => { const s = r[which] || {}; return h('span', {class: 'muted'}, ' (', value(num(s.quarter), format.ms, from + '.' + which + '.quarter'), ' – ', value(num(s.three_quarters), format.ms, from + '.' + which + '.three_quarters'), ')'); };
    const sure = r.beyond_noise === true, tone = !sure ? 'muted' : a < b ? 'good' : 'bad';
    return h('tr', {'data-comparison': i, class: isModel(r) ? 'module' : ''}, h('td', {class: 'path'}, text(r.path)), h('td', {class: 'left'}, text(r.phase)),
      h('td', {}, value(b, format.ms, from + '.before_ms.median'), range('before_ms')), h('td', {}, value(a, format.ms, from + '.after_ms.median'), range('after_ms')),
      h('td', {class: tone}, value(r.delta_ms, signed(format.ms), from + '.delta_ms')), h('td', {class: tone}, b > 0 ? value(a / b - 1, signed(format.percent)) : ''),
      h('td', {class: 'left ' + tone}, sure ? (a < b ? 'faster' : 'slower') : 'within the noise'));
  };
  const table = lines => h('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'comparison'}, h('table', {}, h('thead', {}, h('tr', {}, ['', 'phase', 'before (middle half)', 'after (middle half)', 'change', '', ''].map((t, i) => h('th', {class: i === 1 ? 'left' : ''}, t)))), h('tbody', {}, lines.map(line))));
  const module = ([r]) => (r.op === null || r.op === undefined) && !isModel(r), sure = ([r]) => r.beyond_noise === true;
  const folded = (lines, title) => lines.length ? h('details', {}, h('summary', {}, title), table(lines)) : '';
  const beyond = all.filter(r => module(r) && sure(r)), quiet = all.filter(r => module(r) && !sure(r)), single = all.filter(([r]) => r.op !== null && r.op !== undefined);
  room.replaceChildren(...[table(all.filter(([r]) => isModel(r))), h('div', {class: 'pair'}, phases.map(p => beside(single, p))),
    h('p', {class: 'how'}, 'At the right the change, and for how many it is beyond the noise.'), legend([['before', 'var(--norm)'], ['after', 'var(--attention)']]),
    folded(beyond, beyond.length + (beyond.length === 1 ? ' module' : ' modules') + ' beyond the noise'), folded(quiet, quiet.length + ' modules within the noise'),
    folded(single, 'All ' + single.length + ' ops')].filter(x => x));
  const alone = [...list(c.only_before).map(x => text(x) + ' (before)'), ...list(c.only_after).map(x => text(x) + ' (after)')];
  if (alone.length) room.append(h('p', {class: 'how'}, 'In one of the two alone: ' + alone.slice(0, 40).join(', ') + (alone.length > 40 ? ', …' : '') + '.'));
});

/// Kinds of ops before and after, with how many of them changed beyond the noise.
function beside(ops, p) {
  const kinds = new Map();
  for (const [r] of ops.filter(([r]) => r.phase === p)) {
    const path = kindPath(r), k = kinds.get(path) || {path, before: 0, after: 0, sure: 0, count: 0};
    k.before += num((r.before_ms || {}).median);
    k.after += num((r.after_ms || {}).median);
    k.sure += r.beyond_noise === true ? 1 : 0;
    ++k.count;
    kinds.set(path, k);
  }
  const all = [...kinds.values()], top = Math.max(...all.map(k => Math.max(k.before, k.after)), 1e-12);
  if (!all.length) return '';
  const bar = k => h('div', {class: 'row', 'data-compared': k.path, 'data-phase': p},
    h('span', {class: 'name path'}, k.path.replace('layers.*.', ''), k.count > 1 ? h('span', {class: 'of'}, ' ×' + k.count) : ''),
    h('span', {class: 'track two', 'data-tip': k.path + '\n' + format.ms(k.before) + ' before, ' + format.ms(k.after) + ' after\n' + k.sure + ' of ' + k.count + ' changed beyond the noise'},
      h('i', {style: `width:${k.before / top * 100}%;background:var(--norm)`}), h('i', {style: `width:${k.after / top * 100}%;background:var(--attention)`})),
    h('span', {class: 'numbers'}, value(k.after, format.ms), h('span', {class: k.sure ? k.after < k.before ? 'good' : 'bad' : 'of'}, k.before > 0 ? value(k.after / k.before - 1, signed(format.percent)) : ''),
      h('span', {class: 'of', title: 'changed beyond the noise'}, k.sure + ' of ' + k.count)));
  return h('div', {}, h('h3', {}, phaseTitle(p)), h('div', {class: 'bars two'}, all.map(bar)));
}

section('rows', (room, s) => {
  if (!rows.length) return false;
  s.querySelector('summary').textContent = 'All ' + rows.length + ' rows';
  const names = ['', 'phase', 'median', 'fastest', 'slowest', 'expected', 'ratio', 'bound by', 'reading', 'arithmetic', 'waiting', 'kernel'];
  const lines = rows.map((r, i) => {
    const n = (path, how) => h('td', {}, value(path.split('.').reduce((o, k) => (o || {})[k], r), how, 'rows.' + i + '.' + path));
    return h('tr', {'data-row': i, class: (r.op === null || r.op === undefined ? 'module ' : '') + (r.flagged ? 'flagged' : '')}, h('td', {class: 'path'}, text(r.path)), h('td', {class: 'left'}, text(r.phase)),
      n('actual_ms.median', format.ms), n('actual_ms.min', format.ms), n('actual_ms.max', format.ms), n('expected_ms', format.ms),
      h('td', {class: r.flagged ? 'bad' : ''}, num(r.expected_ms) > 0 ? value(median(r) / r.expected_ms, format.times) : ''), h('td', {}, text(r.bound)),
      n('utilisation.memory', format.percent), n('utilisation.compute', format.percent), n('wait_ms', format.ms), h('td', {class: 'left path'}, text(r.kernel)));
  });
  s.querySelector('.scroll').replaceChildren(h('table', {}, h('thead', {}, h('tr', {}, names.map((t, i) => h('th', {class: i === 1 || i === 11 ? 'left' : ''}, t)))), h('tbody', {}, lines)));
});
$('footer').replaceChildren('Medians of ', value(totals.repeat, format.short), ' repetitions. Recording cost ', value(totals.recording_cost, x => (100 * x).toFixed(1) + ' %', 'totals.recording_cost'),
  ' of a decoding step. ', ...(num(machine.read_gb_s) ? ['This machine reads ', field('machine.read_gb_s'), ' GB/s and computes ', field('machine.fp32_gflop_s'), ' GFLOP/s in fp32, ', field('machine.bf16_gflop_s'), ' in bf16, ', field('machine.int8_gflop_s'), ' in int8.'] : []));
for (const draw of charts) draw();
)js";

}  // namespace ttt::pages
