// The page's script: what the report comes to in a sentence, its passes, what stands out, and what to try.
#pragma once

#include <string_view>

namespace ttt::pages {

inline constexpr std::string_view summary_script = R"js(
function effects(s, phase) {
  const out = [];
  const time = (ms, p, from) => h('li', {class: ms < 0 ? 'good' : ms > 0 ? 'bad' : ''}, value(ms, signed(format.ms)), ' a ' + passWord(p),
    num(totals[p + '_ms']) > 0 ? ' (' + minus(signed(format.percent)(num(ms) / totals[p + '_ms'])) + ')' : '');
  const both = phase ? [phase, ...phases.filter(p => p !== phase)] : phases;
  for (const p of both) {
    const ms = p === phase && s['delta_' + p + '_ms'] === undefined ? s.delta_ms : s['delta_' + p + '_ms'];
    if (typeof ms === 'number' && Math.abs(ms) >= 0.0005 * num(totals[p + '_ms'])) out.push(time(ms, p));
  }
  if (num(s.delta_bytes) !== 0) out.push(h('li', {class: s.delta_bytes < 0 ? 'good' : 'bad'}, value(s.delta_bytes, signed(format.bytes)), ' of memory'));
  out.push(h('li', {class: s.accuracy === 'worse' ? 'bad' : s.accuracy === 'better' ? 'good' : 'muted'}, 'accuracy: ' + text(s.accuracy)));
  return h('ul', {class: 'effects'}, out);
}
function copyButton(command) {
  const b = h('button', {type: 'button', 'aria-label': 'copy: ' + command}, 'Copy');
  b.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(command);
    } catch (refused) {
      getSelection().selectAllChildren(b.previousElementSibling);
      document.execCommand('copy');
    }
    b.textContent = 'Copied';
    setTimeout(() => { b.textContent = 'Copy'; }, 1500);
  });
  return b;
}
const suggestion = (s, phase) => h('div', {class: 'try'},
  h('div', {class: 'command'}, h('code', {}, text(s.command)), copyButton(text(s.command))),
  effects(s, phase), h('p', {class: 'why muted'}, text(s.why)));
/// The first few in sight, the others a click away.
function few(items, count, what) {
  const rest = items.slice(count);
  return [items.slice(0, count), rest.length ? h('details', {}, h('summary', {}, rest.length + ' more ' + what), rest) : ''];
}

const found = list(report.bottlenecks).filter(i => rows[i]);
function sentence() {
  const said = [];
  for (const p of phases) {
    const ms = num(totals[p + '_ms']), expected = num(totals[p + '_expected_ms']);
    const tokens = p === 'decode' ? 1 : num(totals.prompt_tokens);
    said.push(p === 'decode' ? 'A decoding step takes ' : (said.length ? '; a' : 'A') + ' prompt of ' + tokens + ' tokens takes ',
      h('strong', {}, field('totals.' + p + '_ms', format.ms)), ' (', value(tokens / ms * 1e3, format.plain), p === 'decode' ? ' tokens a second), ' : ' a second), ');
    if (expected > 0) said.push(value(ms / expected, x => x.toFixed(2)), ' times what it should');
  }
  said.push('. ');
  if (found.length === 0) said.push('No op takes ', value(report.factor, format.short), ' times as long as it should.');
  else {
    const r = rows[found[0]];
    said.push(found.length === 1 ? 'One op stands out: ' : found.length + ' ops stand out, first of all ', h('span', {class: 'path'}, text(r.path)),
      ' in the ' + phaseName(r.phase) + ': ', h('strong', {}, value(median(r), format.ms)), ' where ', value(r.should_ms, format.ms), ' are expected.');
  }
  return said;
}
function policyWords() {
  const p = report.policy || {}, weights = p.weights || {};
  const kinds = [...new Set(Object.values(weights).map(text))];
  const words = [];
  if (p.preset) words.push('preset ' + text(p.preset));
  if (kinds.length === 1) words.push('weights ' + kinds[0]);
  else if (kinds.length) words.push('weights ' + Object.entries(weights).map(([k, v]) => k + ' ' + text(v)).join(', '));
  for (const k of ['kv', 'fidelity']) if (p[k]) words.push(k + ' ' + text(p[k]));
  for (const [path, own] of Object.entries(p.modules || {})) words.push(path + ': ' + Object.entries(own || {}).map(([k, v]) => k + ' ' + (v && typeof v === 'object' ? JSON.stringify(v) : text(v))).join(', '));
  return words.join(', ');
}
{
  const name = text(report.model) || 'a model';
  document.title = 'Profile of ' + name;
  $('title').textContent = name;
  $('setting').textContent = [text(report.device) + (report.isa ? ', ' + text(report.isa) : ''), text(machine.processor),
    num(totals.threads) + ' threads on ' + num(totals.cores) + ' cores', policyWords()].filter(x => x).join(' · ');
  $('sentence').replaceChildren(...sentence());
  const noise = report.noise || {};
  if (noise.competing) {
    $('noise').hidden = false;
    $('noise').textContent = 'Something else used the machine meanwhile: ' + text(noise.text) + '. Ops are judged by their calmest passes.';
  }
}

/// From the fastest to the slowest pass: a thin line, the middle half a band, the median in it, and the expected time.
function spreadChart(s, expected, limit) {
  return chart(width => {
    const top = Math.max(num(s.three_quarters) * 1.12, Math.min(num(s.max), 2 * num(s.three_quarters)), expected * 1.08);
    const x = v => Math.min(width, v / top * width);
    const svg = g('svg', {width, height: 34, role: 'img', 'aria-label': 'fastest ' + format.ms(num(s.min)) + ', middle half ' + format.ms(num(s.quarter)) + ' to ' + format.ms(num(s.three_quarters)) + ', slowest ' + format.ms(num(s.max)) + ', expected ' + format.ms(expected)});
    svg.append(g('line', {class: 'axis', x1: 0, x2: width, y1: 33, y2: 33}),
      g('line', {x1: x(s.min), x2: x(s.max), y1: 17, y2: 17, stroke: 'var(--attention)', 'stroke-width': 1.5}),
      g('rect', {x: x(s.quarter), y: 9, width: Math.max(2, x(s.three_quarters) - x(s.quarter)), height: 16, fill: 'var(--attention)', opacity: .45}),
      g('rect', {x: x(s.median) - 1.5, y: 6, width: 3, height: 22, fill: 'var(--attention)'}));
    if (num(s.max) > top) svg.append(g('path', {d: `M${width - 6},13 l6,4 l-6,4`, fill: 'none', stroke: 'var(--attention)', 'stroke-width': 1.5}));
    if (expected > 0) svg.append(g('rect', {x: x(expected) - 1, y: 1, width: 2, height: 32, fill: 'var(--ink)'}));
    return svg;
  });
}
section('passes', room => {
  for (const p of phases) {
    const t = 'totals.' + p, s = totals[p] || {}, i = modelRow(p), r = rows[i] || {}, from = 'rows.' + i;
    const tokens = p === 'decode' ? 1 : num(totals.prompt_tokens);
    const figure = (name, x) => [h('dt', {}, name), h('dd', {}, x)];
    room.append(h('div', {'data-phase': p}, h('h3', {}, phaseTitle(p)),
      h('div', {class: 'big'}, field(t + '_ms', format.ms), h('span', {class: 'unit'}, ' a ' + passWord(p) + ', ', value(tokens / num(totals[p + '_ms']) * 1e3), ' tokens/s')),
      spreadChart(s, num(totals[p + '_expected_ms'])),
      h('dl', {class: 'figures'},
        figure('fastest · half · slowest', [field(t + '.min', format.ms), ' · ', field(t + '.quarter', format.ms), ' – ', field(t + '.three_quarters', format.ms), ' · ', field(t + '.max', format.ms)]),
        figure('expected', [field(t + '_expected_ms', format.ms), ' (', value(num(totals[p + '_ms']) / num(totals[p + '_expected_ms']), format.times), ')']),
        i < 0 ? '' : [figure('no kernel is faster than', field(from + '.limit_ms', format.ms)),
          figure('of the rate of reading', field(from + '.utilisation.memory', format.percent)),
          figure('of the peak of arithmetic', field(from + '.utilisation.compute', format.percent)),
          figure('threads wait', [field(from + '.wait_ms', format.ms), ' (', value(num(r.wait_ms) / median(r), format.percent), ')'])])));
  }
  return phases.length > 0;
});

section('findings', room => {
  $('factor').replaceChildren(value(report.factor, format.short));
  room.replaceChildren(...few(found.map(i => {
    const r = rows[i], tries = list(r.suggestions);
    return h('div', {class: 'find', 'data-row': i}, h('h3', {class: 'path'}, text(r.path)),
      h('p', {class: 'says'}, phaseTitle(r.phase) + ': ', h('strong', {}, value(median(r), format.ms, 'rows.' + i + '.actual_ms.median')),
        ' where ', value(r.should_ms, format.ms, 'rows.' + i + '.should_ms'), ' are expected (', value(median(r) / num(r.should_ms), format.times), '); ' +
        (r.bound === 'wait' ? 'threads wait' : r.bound === 'overhead' ? 'starting it takes longest' : 'bound by ' + (r.bound === 'compute' ? 'arithmetic' : text(r.bound)))),
      tries.length ? few(tries.map(s => suggestion(s, r.phase)), 2, 'suggestions') : h('p', {class: 'try muted'}, 'No change of the policy is known to mend it.'));
  }), 5, 'that stand out').flat());
  return found.length > 0;
});
section('suggestions', room => {
  const all = list(report.suggestions);
  room.replaceChildren(h('div', {class: 'find whole'}, few(all.map(s => suggestion(s)), 5, 'suggestions')));
  return all.length > 0;
});
)js";

}  // namespace ttt::pages
