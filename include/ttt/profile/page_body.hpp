// The page's skeleton: what stands on it in which order, with a line each on how to read it. Scripts fill it from the report.
#pragma once

#include <string_view>

namespace ttt::pages {

inline constexpr std::string_view body = R"html(
<main>
<header>
  <p class="over">ttt profile</p>
  <h1 id="title"></h1>
  <p class="how" id="setting"></p>
  <p class="sentence" id="sentence"></p>
  <p class="notice" id="noise" hidden></p>
</header>
<noscript><p class="notice">The page draws itself from the report that it holds, and needs JavaScript for it. The same report:
ttt profile MODEL --json.</p></noscript>

<section id="passes" hidden><h2>The passes</h2>
  <p>A pass is one decoding step, or the whole prompt. The band is the middle half of all passes, its line the median, the
  thin line from the fastest to the slowest; the long tick is the expected time.</p>
  <div class="pair"></div></section>

<section id="comparison" hidden><h2>Comparison</h2>
  <p id="comparison-sentence"></p>
  <ul class="how" id="comparison-notes"></ul>
  <div class="content"></div></section>

<section id="findings" hidden><h2>What stands out</h2>
  <p>Ops that take at least <span id="factor"></span> times as long as they should, by what mending them would save. Each
  command measures the model again with the change made.</p>
  <div class="content"></div></section>

<section id="kinds" hidden><h2>Where the time goes</h2>
  <p>The same op of all layers together; medians, with their share of the median pass. The tick is the expected time.
  Where passes are disturbed, medians of single ops add up to less than the pass.</p>
  <div class="pair"></div></section>

<section id="layers" hidden><h2>Layer by layer</h2>
  <p>A column is a layer. The tick is its expected time; a triangle marks a layer with an op that stands out. Arrow
  keys walk along.</p>
  <div class="pair"></div></section>

<section id="roofline" hidden><h2>Against the roofs of this machine</h2>
  <p>A dot is an op: how much it computes a byte that it reads, and how fast. The slanted roofs are the rates of reading,
  the level ones the peaks of arithmetic, as calibrated on this machine. Below a roof is room; left of the bend an op waits for
  memory, right of it for arithmetic. Arrow keys walk along the dots.</p>
  <div class="pair"></div></section>

<section id="threads" hidden><h2>The threads</h2>
  <p>The pass nearest to the median, as it ran. Where a lane is empty the thread waits for the others.</p>
  <div class="content"></div></section>

<section id="memory" hidden><h2>Memory</h2>
  <p>As planned before the model runs, which is all it takes.</p>
  <div class="content"></div></section>

<section id="suggestions" hidden><h2>To try on the whole model</h2>
  <p>By the model of expected times; every change has passed the static checks. Measure it, and compare.</p>
  <div class="content"></div></section>

<section id="rows" hidden><h2>Every op</h2>
  <details><summary></summary><div class="scroll" tabindex="0" role="region" aria-label="every op"></div></details></section>

<footer id="footer"></footer>
</main>
<div id="tip" role="status"></div>
)html";

}  // namespace ttt::pages
