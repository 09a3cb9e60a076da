// The page's script: every op beneath the roofs of the machine, on logarithmic axes.
#pragma once

#include <string_view>

namespace ttt::pages {

inline constexpr std::string_view roofline_script = R"js(
/// The roofs: rates of reading from memory and from the nearest cache, peaks of arithmetic by operand.
function roofs() {
  const readings = list(machine.readings).filter(r => num(r.gb_s) > 0);
  const slanted = [['memory', num(machine.read_gb_s), 'machine.read_gb_s']].filter(r => r[1] > 0);
  if (readings.length > 1 && num(readings[0].gb_s) > 1.2 * num(machine.read_gb_s)) slanted.push(['nearest cache', num(readings[0].gb_s), 'machine.readings.' + list(machine.readings).indexOf(readings[0]) + '.gb_s']);
  const level = ['fp32', 'bf16', 'int8'].map(n => [n, num(machine[n + '_gflop_s']), 'machine.' + n + '_gflop_s']).filter(r => r[1] > 0);
  return {slanted, level};
}
const gflops = r => num(r.flops) / (median(r) * 1e-3) / 1e9;
const intensity = r => num(r.flops) / num(r.bytes);

section('roofline', room => {
  const {slanted, level} = roofs();
  if (!slanted.length || !level.length) return false;
  let drawn = 0;
  for (const p of phases) {
    const dots = ops(p).filter(([r]) => num(r.flops) > 0 && num(r.bytes) > 0 && median(r) > 0);
    const others = [...new Set(ops(p).filter(([r]) => !(num(r.flops) > 0 && num(r.bytes) > 0)).map(([r]) => kindPath(r)))];
    if (!dots.length) continue;
    drawn += dots.length;
    room.append(h('div', {'data-phase': p}, h('h3', {}, phaseTitle(p)), chart(width => plot(dots, p, slanted, level, width)),
      h('p', {class: 'how'}, 'Roofs: ', slanted.map(([n, v, from], i) => [i ? ', ' : '', 'reading from ' + n + ' ', value(v, format.plain, from), ' GB/s']),
        level.map(([n, v, from]) => ['; ' + n + ' ', value(v, format.plain, from)]), ' GFLOP/s.',
        others.length ? ' Not shown, as they read or compute nothing that counts: ' + others.join(', ') + '.' : '')));
  }
  return drawn > 0;
});
function plot(dots, p, slanted, level, width) {
  const height = Math.min(340, Math.max(250, width * 0.66)), left = 52, right = 12, top = 12, foot = 38;
  const peak = Math.max(...level.map(l => l[1]));
  const xs = dots.map(([r]) => intensity(r)), ys = dots.map(([r]) => gflops(r));
  const x0 = Math.log10(Math.min(...xs, peak / slanted[0][1] / 8) / 2), x1 = Math.log10(Math.max(...xs, peak / slanted[0][1] * 4) * 1.6);
  const y0 = Math.log10(Math.min(...ys, peak / 12) / 2), y1 = Math.log10(Math.max(...ys, peak) * 1.5);
  const x = v => left + (Math.log10(v) - x0) / (x1 - x0) * (width - left - right);
  const y = v => height - foot - (Math.log10(v) - y0) / (y1 - y0) * (height - foot - top);
  const svg = g('svg', {width, height});
  const clip = 'plot-' + p;
  svg.append(g('defs', {}, g('clipPath', {id: clip}, g('rect', {x: left, y: top, width: width - left - right, height: height - foot - top}))));
  const label = v => v >= 1 ? digits(v) .replace(/\.0+$/, '') : String(+v.toPrecision(1));
  const ticks = (a, b) => { const out = []; for (let e = Math.ceil(a); e <= b; ++e) out.push(10 ** e); return out; };
  for (const v of ticks(x0, x1)) svg.append(g('line', {class: 'grid', x1: x(v), x2: x(v), y1: top, y2: height - foot}),
    g('text', {class: 'soft', x: x(v), y: height - foot + 15, 'text-anchor': 'middle'}, label(v)));
  for (const v of ticks(y0, y1)) svg.append(g('line', {class: 'grid', x1: left, x2: width - right, y1: y(v), y2: y(v)}),
    g('text', {class: 'soft', x: left - 6, y: y(v) + 4, 'text-anchor': 'end'}, label(v)));
  svg.append(g('text', {class: 'soft', x: (left + width - right) / 2, y: height - 6, 'text-anchor': 'middle'}, 'FLOP a byte read'),
    g('text', {class: 'soft', transform: `translate(11 ${(top + height - foot) / 2}) rotate(-90)`, 'text-anchor': 'middle'}, 'GFLOP/s'));
  const lines = g('g', {'clip-path': `url(#${clip})`});
  const low = 10 ** x0, high = 10 ** x1;
  slanted.forEach(([, rate], i) => lines.append(g('line', {x1: x(low), y1: y(low * rate), x2: x(peak / rate), y2: y(peak), stroke: 'var(--ink)', 'stroke-width': 1.5, 'stroke-dasharray': i ? '4 4' : undefined, opacity: i ? .55 : 1})));
  for (const [, v] of level) lines.append(g('line', {x1: x(v / slanted[slanted.length - 1][1]), x2: x(high), y1: y(v), y2: y(v), stroke: 'var(--ink)', 'stroke-width': v === peak ? 1.5 : 1, opacity: v === peak ? 1 : .55}));
  svg.append(lines);
  for (const [name, v] of level) svg.append(g('text', {class: 'soft halo', x: width - right - 2, y: y(v) - 4, 'text-anchor': 'end'}, name));
  const slope = Math.atan2(y(low * 10) - y(low), x(low * 10) - x(low)) * 180 / Math.PI;
  slanted.forEach(([name, rate], i) => {
    // On its line where it is farthest from the dots.
    const from = Math.max(low, 10 ** y0 / rate), to = peak / rate, far = t => Math.min(...dots.map(([r]) => Math.hypot(x(intensity(r)) - x(t) - 25, y(gflops(r)) - y(t * rate) + 20)));
    const inside = (i ? [.08, .2] : [.1, .25, .4, .55]).map(share => from * (to / from) ** share).reduce((best, t) => far(t) > far(best) ? t : best);
    svg.append(g('text', {class: 'soft halo', transform: `translate(${x(inside)} ${y(inside * rate) - 5}) rotate(${slope})`}, name));
  });
  // Dots in the order of the plan; the name of a kind stands beside its middle one, where there is room.
  const taken = [], kinds = new Map();
  const marks = g('g', {});
  for (const [r, row] of dots) {
    const cx = x(intensity(r)), cy = y(gflops(r)), name = kindName(r);
    const says = text(r.path) + '\n' + digits(gflops(r)) + ' GFLOP/s at ' + digits(intensity(r)) + ' FLOP a byte\n' + format.ms(median(r)) + ', expected ' + format.ms(num(r.expected_ms)) +
      '\n' + Math.round(100 * num((r.utilisation || {}).memory)) + ' % of reading, ' + Math.round(100 * num((r.utilisation || {}).compute)) + ' % of arithmetic';
    marks.append(g('circle', {class: 'mark', cx, cy, r: r.flagged ? 5.5 : 4, fill: color(name), 'fill-opacity': r.flagged ? 1 : .62, stroke: r.flagged ? 'var(--bad)' : 'none', 'stroke-width': r.flagged ? 2 : 0, 'data-tip': says, 'data-row': row}));
    if (!kinds.has(name)) kinds.set(name, []);
    kinds.get(name).push([cx, cy]);
  }
  svg.append(marks);
  for (const [kind, all] of kinds) {
    const name = cut(kind, 110);
    const right_ = Math.max(...all.map(c => c[0])), cy = all.map(c => c[1]).sort((a, b) => a - b)[all.length >> 1], w = name.length * 6.6 + 4;
    for (const [tx, ty, anchor] of [[right_ + 8, cy + 4, 'start'], [right_ + 8, cy + 18, 'start'], [right_ + 8, cy - 10, 'start'], [Math.min(...all.map(c => c[0])) - 8, cy + 4, 'end'], [right_ + 8, cy + 32, 'start']]) {
      const box = [anchor === 'end' ? tx - w : tx, ty - 11, w, 13];
      const free = box[0] > left && box[0] + w < width && taken.every(b => box[0] > b[0] + b[2] || b[0] > box[0] + box[2] || box[1] > b[1] + b[3] || b[1] > box[1] + box[3]);
      if (!free) continue;
      taken.push(box);
      svg.append(g('text', {class: 'halo', x: tx, y: ty, 'text-anchor': anchor, 'pointer-events': 'none'}, name));
      break;
    }
  }
  return walkable(svg, 'roofline of the ' + phaseName(p));
}
)js";

}  // namespace ttt::pages
