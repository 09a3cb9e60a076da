// The page's script: what each thread did in the typical pass, and what the plan keeps in memory.
#pragma once

#include <string_view>

namespace ttt::pages {

inline constexpr std::string_view threads_script = R"js(
const opName = i => text(list(report.ops)[i]);
const opKind = i => { const path = opName(i); return /^layers\./.test(path) ? path.slice(path.lastIndexOf('.') + 1) : path.replace(/\.\d+$/, ''); };

section('threads', room => {
  let drawn = 0;
  for (const p of phases) {
    const parts = list((report.timelines || {})[p]).filter(t => Array.isArray(t) && t.length >= 5 && t.every(v => typeof v === 'number'));
    if (!parts.length) continue;
    drawn += parts.length;
    const end = Math.max(...parts.map(t => t[4])), threads = Array.from({length: Math.min(1024, Math.max(num(totals.threads), ...parts.map(t => t[2] + 1)))}, (_, i) => i);
    const lanes = threads.map(n => joined(parts.filter(t => t[2] === n)));
    const busy = threads.map((n, i) => lanes[i].reduce((sum, t) => sum + t.end - t.begin, 0));
    const kinds = [...new Set(parts.map(t => opKind(t[0])))];
    let zoom = 1;
    const inner = h('div', {}), scroll = h('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'threads of the ' + phaseName(p) + ', scrolls sideways when enlarged'}, inner);
    const state = h('span', {'aria-live': 'polite'}, '1×');
    const redraw = () => { if (scroll.clientWidth) inner.replaceChildren(lanesOf(lanes, threads, end, Math.floor(scroll.clientWidth) * zoom, p)); };
    const enlarge = by => {
      const middle = (scroll.scrollLeft + scroll.clientWidth / 2) / inner.scrollWidth;
      zoom = Math.max(1, Math.min(64, zoom * by));
      state.textContent = zoom + '×';
      redraw();
      scroll.scrollLeft = middle * inner.scrollWidth - scroll.clientWidth / 2;
    };
    const button = (label, by) => { const b = h('button', {type: 'button', 'aria-label': (by > 1 ? 'enlarge' : 'reduce') + ' the ' + phaseName(p)}, label); b.addEventListener('click', () => enlarge(by)); return b; };
    new ResizeObserver(redraw).observe(scroll);
    charts.push(redraw);
    room.append(h('div', {style: 'margin-top:14px', 'data-phase': p}, h('h3', {}, phaseTitle(p) + ', ', value(end, format.ms)),
      h('p', {class: 'how'}, threads.length > 8 ? ['Busy: ', value(Math.min(...busy) / end, format.percent), ' to ', value(Math.max(...busy) / end, format.percent), ' of the pass, on ' + threads.length + ' threads'] :
        threads.map((n, i) => [i ? ', ' : 'Busy: ', 'thread ' + n + ' ', value(busy[i] / end, format.percent)])),
      scroll, h('div', {class: 'tools'}, button('−', 0.5), button('+', 2), state),
      legend(kinds.map(k => [k, color(k)]))));
  }
  return drawn > 0;
});
/// Parts of one op that follow each other on a thread at once, as one.
function joined(parts) {
  const out = [];
  for (const [op, part, , begin, end] of [...parts].sort((a, b) => a[3] - b[3])) {
    const last = out[out.length - 1];
    if (last && last.op === op && begin - last.end < 2e-4 * (end - last.begin)) { last.end = end; ++last.parts; } else out.push({op, part, begin, end, parts: 1});
  }
  return out;
}
function lanesOf(lanes, threads, end, width, p) {
  const lane = threads.length > 16 ? 10 : 24, gap = threads.length > 16 ? 2 : 5, foot = 20;
  const height = lanes.length * (lane + gap) + foot, x = v => v / end * width;
  const svg = g('svg', {width, height, style: 'max-width:none'});
  lanes.forEach((parts, i) => {
    const y = i * (lane + gap);
    svg.append(g('rect', {x: 0, y, width, height: lane, fill: 'var(--panel)'}));
    for (const t of parts) svg.append(g('rect', {class: 'mark', x: x(t.begin), y, width: Math.max(0.6, x(t.end) - x(t.begin)), height: lane, fill: color(opKind(t.op)),
      'data-tip': opName(t.op) + '\nthread ' + threads[i] + ', ' + format.ms(t.end - t.begin) + (t.parts > 1 ? ' in ' + t.parts + ' parts' : '') + '\nfrom ' + format.ms(t.begin) + ' on'}));
  });
  const step = niceStep(end, Math.max(3, width / 130));
  for (let v = 0; v <= end; v += step) svg.append(g('line', {class: 'axis', x1: x(v), x2: x(v), y1: height - foot, y2: height - foot + 4}),
    x(v) > width - 56 ? '' : g('text', {class: 'soft', x: x(v) + 3, y: height - 4}, v === 0 ? '0' : format.ms(+v.toPrecision(3))));
  return walkable(svg, 'threads of the ' + phaseName(p));
}

section('memory', room => {
  const m = report.memory || {}, buffers = list(m.buffers), paths = list(report.ops), at_ = list(m.op_phases);
  const parts = [['weights', m.weights, 'head'], ['keys and values', m.kv, 'attention'], ['activations (the arena)', m.arena, 'mlp']].filter(([, b]) => num(b) > 0);
  const all = parts.reduce((s, [, b]) => s + b, 0);
  if (!all) return false;
  const from = {weights: 'memory.weights', 'keys and values': 'memory.kv', 'activations (the arena)': 'memory.arena'};
  room.append(h('div', {class: 'stack', role: 'img', 'aria-label': parts.map(([n, b]) => n + ' ' + format.bytes(b)).join(', ')}, parts.map(([n, b, c]) => h('i', {style: `flex:${b / all} 1 0;background:${color(c)}`, 'data-tip': n + ': ' + format.bytes(b)}))),
    h('ul', {class: 'legend'}, parts.map(([n, b, c]) => h('li', {}, h('i', {style: 'background:' + color(c)}), n + ' ', value(b, format.bytes, from[n])))),
    h('p', {class: 'how'}, 'Together ', field('totals.planned_peak_bytes', format.bytes), ' by the plan; counted while it ran: ', field('totals.peak_bytes', format.bytes),
      num(totals.allocations_per_step) >= 0 && totals.allocations_per_step !== null ? [', and ', field('totals.allocations_per_step'), ' heap allocations a step'] : '', '.'));
  if (!buffers.length || !paths.length || at_.length !== paths.length) return;
  // Layers that follow each other take the same places: the first of them stands for all.
  const steps = [];
  paths.forEach((path, i) => {
    const layer = /^layers\.(\d+)\.(.*)$/.exec(text(path)), name = layer ? layer[2].replace(/^\w+\./, '') : text(path);
    const twin = layer && steps.find(s => s.full === layer[2]);
    if (twin) ++twin.count; else steps.push({full: layer ? layer[2] : '', name, phase: at_[i], count: 1, inLayer: !!layer});
  });
  const lives = (b, s) => num(b.first_op) < 0 || (s.phase >= b.first_op && s.phase <= b.last_op);
  room.append(h('div', {style: 'margin-top:18px'}, h('h3', {}, 'The arena over the ops of a pass'), h('p', {class: 'how'}, 'Upwards lie bytes, to the right ops; buffers that never live together share their place.'),
    chart(width => arena(buffers, steps, lives, width))));
});
function arena(buffers, steps, lives, width) {
  const height = 262, left = 62, right = 2, top = 34, foot = 30, end = Math.max(...buffers.map(b => num(b.offset) + num(b.bytes)));
  const each = (width - left - right) / steps.length, y = v => top + (1 - v / end) * (height - top - foot);
  const svg = g('svg', {width, height}), step = niceStep(end, 4);
  for (let v = 0; v <= end; v += step) svg.append(g('text', {class: 'soft', x: left - 6, y: y(v) + 4, 'text-anchor': 'end'}, v === 0 ? '0' : format.bytes(v).replace(/\.0+ /, ' ')), g('line', {class: 'grid', x1: left, x2: width - right, y1: y(v), y2: y(v)}));
  const first = steps.findIndex(s => s.inLayer), last = steps.length - 1 - [...steps].reverse().findIndex(s => s.inLayer);
  if (first >= 0) svg.append(g('text', {class: 'soft', x: left + each * (first + last + 1) / 2, y: 20, 'text-anchor': 'middle'}, 'every layer'),
    g('path', {d: `M${left + each * first + 2},30 v-4 H${left + each * (last + 1) - 2} v4`, fill: 'none', class: 'axis'}));
  const paint = {q: 'qkv', kv: 'scores', attention: 'o', hidden: 'gate_up', x: 'norm', spare: 'norm', cos_sin: 'embedding', logits: 'head', scratch: 'down', partials: 'embedding'};
  for (const b of [...buffers].sort((a, c) => c.bytes - a.bytes)) {
    for (let i = 0; i < steps.length; ++i) {
      if (!lives(b, steps[i])) continue;
      let j = i;
      while (j + 1 < steps.length && lives(b, steps[j + 1])) ++j;
      const h_ = y(num(b.offset)) - y(num(b.offset) + num(b.bytes)), w = each * (j - i + 1);
      svg.append(g('rect', {class: 'mark', x: left + each * i, y: y(num(b.offset) + num(b.bytes)), width: w, height: Math.max(0.7, h_), fill: color(paint[b.name] || 'other'), 'fill-opacity': .45, stroke: 'var(--paper)', 'stroke-width': h_ > 4 ? 1 : 0,
        'data-tip': b.name + ': ' + format.bytes(num(b.bytes)) + ' from ' + format.bytes(num(b.offset)) + (num(b.first_op) < 0 ? '\nin use all the time' : '\nin use from ' + steps[i].name + ' to ' + steps[j].name)}));
      if (h_ > 14 && w > text(b.name).length * 6.4) svg.append(g('text', {x: left + each * i + w / 2, y: y(num(b.offset) + num(b.bytes) / 2) + 4, 'text-anchor': 'middle', 'pointer-events': 'none'}, b.name));
      i = j;
    }
  }
  steps.forEach((s, i) => svg.append(g('text', {class: 'soft', x: left + each * (i + .5), y: height - foot + (i % 2 && each < 52 ? 27 : 14), 'text-anchor': 'middle'}, cut(s.name, each < 52 ? 2 * each : each))));
  svg.append(g('line', {class: 'axis', x1: left, x2: width - right, y1: y(0), y2: y(0)}));
  return walkable(svg, 'buffers of the arena');
}
)js";

}  // namespace ttt::pages
