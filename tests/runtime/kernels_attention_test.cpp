// The qkv product and attention of every level against their readable twins.
#include <algorithm>

#include <ttt/kernels/reference/cache.hpp>
#include <ttt/runtime/threads.hpp>

#include "kernels_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

/// Caches of several sessions with room for `capacity` positions; unwritten positions hold NaN. With a `page` the
/// sessions' pages lie in one pool, mixed up and with gaps between them; without, each session has one.
class Caches {
 public:
  Caches(int sessions, int kv_heads, int head_dim, std::int64_t capacity, DType format, std::int64_t page = 0)
      : kv_heads_(kv_heads), head_dim_(head_dim) {
    const std::int64_t count = page > 0 ? (capacity + page - 1) / page : 1;
    const std::int64_t positions = page > 0 ? page : capacity;
    const std::int64_t gap = page > 0 ? 192 : 0;
    const std::int64_t k_stride = catalog::k_cache_bytes(kv_heads, head_dim, positions, format) + gap;
    const std::int64_t v_stride = catalog::v_cache_bytes(kv_heads, head_dim, positions, format) + gap;
    k_.emplace_back(k_stride * sessions * count);
    v_.emplace_back(v_stride * sessions * count);
    std::memset(k_[0].data(), 0xff, static_cast<std::size_t>(k_stride * sessions * count));
    std::memset(v_[0].data(), 0xff, static_cast<std::size_t>(v_stride * sessions * count));
    pages_.resize(static_cast<std::size_t>(sessions * count));
    for (int s = 0; s < sessions; ++s) {
      std::int32_t* const mine = pages_.data() + s * count;
      for (std::int64_t i = 0; i < count; ++i) mine[i] = static_cast<std::int32_t>((count - 1 - i) * sessions + s);
      if (page > 0)
        views.push_back({k_[0].data(), v_[0].data(), page, k_stride, v_stride, mine});
      else
        views.push_back(contiguous_kv(static_cast<char*>(k_[0].data()) + s * k_stride,
                                      static_cast<char*>(v_[0].data()) + s * v_stride, capacity));
    }
  }
  Caches(const Caches&) = delete;
  Caches& operator=(const Caches&) = delete;

  template <DType F>
  void fill(Random& random, int session, int positions) {
    for (int h = 0; h < kv_heads_; ++h)
      for (int p = 0; p < positions; ++p) {
        const std::vector<float> key = random.uniform(head_dim_);
        const std::vector<float> value = random.uniform(head_dim_);
        reference::Cache<F>::append(views[static_cast<std::size_t>(session)], head_dim_, h, p, key.data(),
                                    value.data());
      }
  }

  /// The written positions of a session as numbers, k then v of each.
  template <DType F>
  std::vector<float> numbers(int session, int positions) const {
    std::vector<float> out;
    const KvView& view = views[static_cast<std::size_t>(session)];
    for (int h = 0; h < kv_heads_; ++h)
      for (int p = 0; p < positions; ++p)
        for (int d = 0; d < head_dim_; ++d) {
          out.push_back(reference::Cache<F>::k(view, head_dim_, h, p, d));
          out.push_back(reference::Cache<F>::v(view, head_dim_, h, p, d));
        }
    return out;
  }

  std::vector<KvView> views;

 private:
  int kv_heads_, head_dim_;
  std::vector<Aligned> k_, v_;
  std::vector<std::int32_t> pages_;
};

struct Heads {
  int heads, kv_heads, head_dim, rotary_dim;
  bool interleaved = false;
  bool head_norm = false;
};

const std::vector<Heads> head_shapes = {
    {8, 4, 8, 8},   {6, 2, 12, 8, true},         {3, 1, 20, 20, false, true},
    {9, 3, 64, 64}, {2, 2, 80, 32, false, true}, {5, 5, 128, 128},
    {4, 2, 16, 0},  {1, 1, 24, 24, true, true}, {3, 1, 5, 0}};

/// Rows of two sessions: the first's prompt from position `first` on, then one token of the second.
std::vector<Row> ragged(int first, int prompt) {
  std::vector<Row> rows;
  for (int i = 0; i < prompt; ++i) rows.push_back({i, first + i, 0});
  rows.push_back({7, 11, 1});
  return rows;
}

template <DType KV>
void check_qkv(DType w, DType a, const Heads& h, int prompt, unsigned seed, int first = 3, std::int64_t page = 0) {
  constexpr int k = 75;
  Random random(seed);
  const std::vector<Row> rows = ragged(first, prompt);
  const auto row_count = static_cast<int>(rows.size());
  const int q_width = h.heads * h.head_dim;
  const int kv_width = h.kv_heads * h.head_dim;
  const Matrix matrix(random, w, {q_width, kv_width, kv_width}, k, false, seed % 2 == 0);
  const std::vector<float> x = random.uniform(std::int64_t{row_count} * k);
  const std::vector<float> weight = random.uniform(k, 0.5f, 1.5f);
  const std::vector<float> head_weight = random.uniform(h.head_dim, 0.5f, 1.5f);
  const std::vector<float> angles = random.uniform(row_count * std::int64_t{h.rotary_dim});
  const std::int64_t scratch_floats = catalog::matmul_scratch_floats(k, row_count);
  std::vector<float> scratch(static_cast<std::size_t>(scratch_floats * most_parts));

  const auto run = [&](const KernelTable& t, int parts) {
    Caches caches(2, h.kv_heads, h.head_dim, catalog::round_up(first + prompt + 20, 128), KV, page);
    std::vector<float> q(static_cast<std::size_t>(row_count * q_width));
    std::vector<float> kv(static_cast<std::size_t>(2 * row_count * kv_width));
    QkvArgs args{};
    args.matmul.x = x.data();
    args.matmul.ldx = k;
    args.matmul.row_count = row_count;
    args.matmul.norm = {NormKind::rms, 1e-5f, weight.data(), nullptr};
    args.matmul.w = matrix.packed;
    args.matmul.weight_format = w;
    args.matmul.operand_format = a;
    args.matmul.scratch = scratch.data();
    args.matmul.scratch_stride = scratch_floats;
    args.heads = h.heads;
    args.kv_heads = h.kv_heads;
    args.head_dim = h.head_dim;
    args.rotary_dim = h.rotary_dim;
    args.interleaved = h.interleaved;
    args.q_norm = h.head_norm ? head_weight.data() : nullptr;
    args.k_norm = h.head_norm ? head_weight.data() : nullptr;
    args.qk_norm_eps = 1e-6f;
    args.rows = rows.data();
    args.cos_sin = angles.data();
    args.q = q.data();
    args.kv = kv.data();
    args.caches = caches.views.data();
    args.kv_format = KV;
    args.append = t.append(KV);
    run_parts(t.qkv(w, a), args, parts);
    std::vector<float> all = q;
    all.insert(all.end(), kv.begin(), kv.end());
    for (int session = 0; session < 2; ++session) {
      const std::vector<float> numbers = caches.numbers<KV>(session, session == 0 ? first + prompt : 12);
      all.insert(all.end(), numbers.begin(), numbers.end());
    }
    return all;
  };

  const std::vector<float> wanted = run(*kernel_table(Isa::scalar), 2);
  // the cache rounds: one step of its format on numbers up to about 16; NaN where nothing was appended
  const double step = KV == DType::fp32 ? 0 : KV == DType::fp16 ? 0x1p-6 : KV == DType::bf16 ? 0x1p-3 : 20. / 127;
  const double tolerance = sum_tolerance(k, 3) + step + (a == DType::bf16 ? 3.0 / 128 : a == DType::int8 ? 9.0 / 127 : 0) +
                           (a == DType::bf16 && catalog::is_group_format(w) ? 12 * std::sqrt(k) * 0x1p-9 : 0);
  for (const KernelTable* t : tables()) {
    const std::string what = std::string(t->name) + " qkv " + std::string(name_of(w)) + "×" +
                             std::string(name_of(a)) + " kv " + std::string(name_of(KV)) + ", heads " +
                             std::to_string(h.heads) + "/" + std::to_string(h.kv_heads) + "×" +
                             std::to_string(h.head_dim) + ", " + std::to_string(row_count) + " rows";
    const std::vector<float> whole = run(*t, 1);
    require_close(whole, wanted, tolerance, what);
    for (const int parts : part_counts)
      require_same_bits(run(*t, parts), whole, what + ", " + std::to_string(parts) + " parts");
  }
}

struct Context {
  int first, rows;  ///< positions of the rows
  int window;
  float softcap;
};

/// Room to cut the context of a step of so many queries into so many parts.
class SplitRoom {
 public:
  SplitRoom(const Heads& h, int rows, int positions, int parts)
      : items_(catalog::split_items(rows, h.heads, h.kv_heads, parts)),
        arrived_(static_cast<std::size_t>(items_ * catalog::arrival_bytes / 4), 0U),
        partials_(static_cast<std::size_t>(
                      catalog::split_floats(items_, h.heads, h.kv_heads, h.head_dim, positions, 0)),
                  NAN) {}
  ContextSplit split() {
    return {arrived_.data(), partials_.data(), items_, static_cast<std::int64_t>(partials_.size())};
  }
  bool used() const { return !partials_.empty() && !std::isnan(partials_[0]); }
  bool counters_are_zero() const {
    return std::all_of(arrived_.begin(), arrived_.end(), [](std::uint32_t n) { return n == 0; });
  }

 private:
  std::int64_t items_;
  std::vector<std::uint32_t> arrived_;
  std::vector<float> partials_;
};

const std::vector<Context> contexts = {{0, 1, 0, 0},    {0, 13, 0, 0},     {15, 1, 0, 0},
                                       {300, 1, 0, 0},  {511, 2, 0, 30.f}, {600, 1, 100, 0},
                                       {240, 40, 0, 0}, {250, 23, 64, 0},  {0, 40, 5, 20.f}};

/// How far a kernel may be from the reference, which rounds queries alike and probabilities not at all; values are within
/// [-1, 1]. bf16: half a step of each probability, 2^-8 of it. int8: what 32 of them lose that share a scale, when one of them is large
/// and the errors of the rest do not cancel more than numbers at random do.
double attention_tolerance(DType operands) {
  return operands == DType::bf16 ? 0x1p-8 + 4e-6 : operands == DType::int8 ? 0x1p-6 : 4e-6;
}

template <DType KV>
void check_attention(const Heads& h, const Context& c, unsigned seed, std::int64_t page = 0,
                     DType operands = DType::fp32) {
  Random random(seed);
  const int positions = c.first + c.rows;
  Caches caches(2, h.kv_heads, h.head_dim, catalog::round_up(positions, kv_lanes), KV, page);
  caches.fill<KV>(random, 0, positions);
  caches.fill<KV>(random, 1, positions);
  Caches contiguous(2, h.kv_heads, h.head_dim, catalog::round_up(positions, kv_lanes), KV);
  Random again(seed);
  for (const int session : {0, 1}) contiguous.fill<KV>(again, session, positions);
  std::vector<Row> rows;
  for (int i = 0; i < c.rows; ++i) rows.push_back({0, c.first + i, 0});
  rows.push_back({0, positions - 1, 1});
  const auto row_count = static_cast<int>(rows.size());
  const std::vector<float> q = random.uniform(std::int64_t{row_count} * h.heads * h.head_dim, -2, 2);
  const std::int64_t scratch_floats = catalog::attention_scratch_floats(h.head_dim);
  std::vector<float> scratch(static_cast<std::size_t>(scratch_floats * most_parts), NAN);

  for (const int first_row : {0, c.rows}) {  // all rows, and the second session's alone
    const auto run = [&](const KernelTable& t, int parts, bool paged = true, bool split = false) {
      std::vector<float> y(q.size(), 0.f);
      SplitRoom room(h, split ? row_count - first_row : 0, positions, parts);
      AttentionArgs a{};
      a.split = room.split();
      a.heads = h.heads;
      a.kv_heads = h.kv_heads;
      a.head_dim = h.head_dim;
      a.rows = rows.data() + first_row;
      a.row_count = row_count - first_row;
      a.q = q.data() + std::int64_t{first_row} * h.heads * h.head_dim;
      a.caches = (paged ? caches : contiguous).views.data();
      a.scale = 1.f / std::sqrt(static_cast<float>(h.head_dim));
      a.softcap = c.softcap;
      a.window = c.window;
      a.y = y.data();
      a.scratch = scratch.data();
      a.scratch_stride = scratch_floats;
      a.kv_format = KV;
      a.prompt_operands = a.decode_operands = operands;
      run_parts(t.attention(KV), a, parts);
      CHECK(room.counters_are_zero());
      if (split && parts > 1 && first_row == c.rows && c.window == 0 && positions > catalog::context_block &&
          catalog::split_items(1, h.heads, h.kv_heads, parts) < catalog::split_items_a_part * parts)
        CHECK(room.used() == (t.isa != Isa::scalar));
      return y;
    };
    const std::vector<float> wanted = run(*kernel_table(Isa::scalar), 2);
    for (const KernelTable* t : tables()) {
      const std::string what = std::string(t->name) + " attention kv " + std::string(name_of(KV)) + "×" + std::string(name_of(operands)) +
                               ", heads " + std::to_string(h.heads) + "/" + std::to_string(h.kv_heads) + "×" +
                               std::to_string(h.head_dim) + ", " + std::to_string(row_count) + " rows from " +
                               std::to_string(c.first) + ", window " + std::to_string(c.window);
      const std::vector<float> whole = run(*t, 1);
      require_close(whole, wanted, attention_tolerance(operands), what);
      if (page > 0) require_same_bits(whole, run(*t, 1, false), what + ", pages of " + std::to_string(page));
      for (const int parts : part_counts) {
        const std::string cut = what + ", " + std::to_string(parts) + " parts";
        require_same_bits(run(*t, parts), whole, cut);
        require_same_bits(run(*t, parts, true, true), whole, cut + ", cut over the context");
      }
    }
  }
}

/// Attention over an fp16 cache as a part of a team's program.
template <Isa Level>
void call(const void* args, Part part) noexcept {
  kernel_table(Level)->attention(DType::fp16)(*static_cast<const AttentionArgs*>(args), part);
}

}  // namespace

TEST_CASE("qkv products of every level turn, append and agree with the reference", "[kernels]") {
  unsigned seed = 1;
  for (const Heads& h : head_shapes) {
    for (const DType w : weight_formats)
      for (const DType a : activation_formats) {
        if (!catalog::is_product(w, a)) continue;
        check_qkv<DType::fp32>(w, a, h, h.heads % 5 + 1, ++seed);
        check_qkv<DType::fp16>(w, a, h, 1, ++seed);
        check_qkv<DType::bf16>(w, a, h, 2, ++seed);
        check_qkv<DType::int8>(w, a, h, 3, ++seed);
      }
    check_qkv<DType::fp32>(DType::bf16, DType::fp32, h, 99, ++seed);
    check_qkv<DType::fp16>(DType::bf16, DType::fp32, h, 30, ++seed, 500, 256);
    check_qkv<DType::bf16>(DType::bf16, DType::fp32, h, 30, ++seed, 499, 256);
    check_qkv<DType::int8>(DType::bf16, DType::fp32, h, 30, ++seed, 501, 256);
  }
}

TEST_CASE("attention of every level agrees with the reference at every depth and window", "[kernels]") {
  unsigned seed = 1;
  for (const Heads& h : head_shapes)
    for (const Context& c : contexts) {
      check_attention<DType::fp32>(h, c, ++seed);
      check_attention<DType::fp16>(h, c, ++seed);
      check_attention<DType::bf16>(h, c, ++seed);
      check_attention<DType::int8>(h, c, ++seed);
    }
}

TEST_CASE("attention of every level agrees with the reference on rounded operands", "[kernels]") {
  unsigned seed = 1;
  for (const Heads& h : head_shapes)
    for (const Context& c : contexts) {
      check_attention<DType::fp16>(h, c, ++seed, 0, DType::bf16);
      check_attention<DType::bf16>(h, c, ++seed, 0, DType::bf16);
      check_attention<DType::int8>(h, c, ++seed, 0, DType::bf16);
      check_attention<DType::int8>(h, c, ++seed, 0, DType::int8);
    }
}

TEST_CASE("attention over pages is bit for bit attention over one", "[kernels]") {
  unsigned seed = 1;
  for (const Heads& h : head_shapes)
    for (const Context& c : contexts) {
      check_attention<DType::fp16>(h, c, ++seed, 256);
      check_attention<DType::bf16>(h, c, ++seed, 512);
      check_attention<DType::int8>(h, c, ++seed, 256, DType::int8);
    }
}

TEST_CASE("attention cut over a long context is bit for bit attention that is not", "[kernels]") {
  unsigned seed = 1;
  const std::vector<Context> deep = {{1023, 1, 0, 0},  {1024, 1, 0, 0},    {2500, 1, 0, 0},
                                     {3000, 4, 0, 0},  {2000, 1, 700, 0},  {2303, 2, 256, 15.f}};
  for (const Heads& h : {Heads{9, 3, 64, 64}, Heads{4, 1, 20, 20}, Heads{14, 1, 16, 16}, Heads{6, 6, 40, 40}})
    for (const Context& c : deep) {
      check_attention<DType::fp32>(h, c, ++seed);
      check_attention<DType::bf16>(h, c, ++seed, 1024);
      check_attention<DType::bf16>(h, c, ++seed, 0, DType::bf16);
      check_attention<DType::int8>(h, c, ++seed, 0, DType::int8);
    }
}

TEST_CASE("threads that share the context of one token agree bit for bit", "[kernels]") {
  constexpr Heads h{9, 3, 64, 64};
  Random random(1);
  for (const int position : {100, 255, 256, 700, 1500}) {
    Caches cache(1, h.kv_heads, h.head_dim, catalog::round_up(position + 1, kv_lanes), DType::fp16);
    cache.fill<DType::fp16>(random, 0, position + 1);
    const std::vector<float> q = random.uniform(h.heads * h.head_dim, -2, 2);
    const Row row{0, position, 0};
    for (const KernelTable* t : tables()) {
      std::vector<float> alone;
      for (const int threads : {1, 2, 3, 8}) {
        SplitRoom room(h, 1, position + 1, threads);
        const std::int64_t stride = catalog::attention_scratch_floats(h.head_dim);
        std::vector<float> scratch(static_cast<std::size_t>(stride * threads));
        std::vector<std::vector<float>> y(20, std::vector<float>(q.size()));
        std::vector<AttentionArgs> args(y.size());
        std::vector<TeamOp> ops;
        for (std::size_t i = 0; i < y.size(); ++i) {
          AttentionArgs& a = args[i];
          a = {h.heads, h.kv_heads, h.head_dim, &row, 1, q.data(), cache.views.data(), 0.125f, 0, 0, y[i].data(),
               scratch.data(), stride, room.split(), DType::fp16, DType::fp32, DType::fp32};
          ops.push_back({t->isa == Isa::x86_64_v2 ? &call<Isa::x86_64_v2>
                         : t->isa == Isa::avx2    ? &call<Isa::avx2>
                         : t->isa == Isa::avx512  ? &call<Isa::avx512>
                                                  : &call<Isa::avx512_vnni_bf16>,
                         &a, threads});
        }
        auto team = ThreadTeam::create(threads);
        REQUIRE(team.has_value());
        (*team)->run(ops);
        if (threads == 1) alone = y[0];
        for (const std::vector<float>& one : y)
          require_same_bits(one, alone,
                            std::string(t->name) + ", " + std::to_string(threads) + " threads at position " +
                                std::to_string(position));
        CHECK(room.counters_are_zero());
      }
    }
  }
}

TEST_CASE("attention takes groups of more heads than a tile holds", "[kernels]") {
  check_attention<DType::bf16>({32, 2, 16, 16}, {30, 3, 0, 0}, 5);
  check_attention<DType::bf16>({100, 1, 16, 16}, {300, 2, 0, 0}, 7);
  check_attention<DType::fp32>({14, 1, 16, 16}, {30, 1, 0, 0}, 6);
}

TEST_CASE("rows of types and positions are added to a token's on every level as in the reference", "[kernels]") {
  Random random(4);
  for (const DType w : weight_formats) {
    const Matrix table(random, w, {50}, 37, false, false), types(random, w, {2}, 37, false, false), positions(random, w, {70}, 37, false, false);
    const std::vector<Row> rows = {{0, 0, 0, 0}, {49, 69, 1, 1}, {17, 33, 0, 1}};
    const auto run = [&](const KernelTable& t, int parts, bool typed) {
      std::vector<float> y(3 * 37);
      EmbedArgs a{};
      a.rows = rows.data();
      a.row_count = 3;
      a.table = table.packed;
      if (typed) a.token_types = types.packed;
      a.positions = positions.packed;
      a.scale = 2;
      a.y = y.data();
      run_parts(t.embed(w), a, parts);
      return y;
    };
    for (const bool typed : {false, true}) {
      const std::vector<float> wanted = run(*kernel_table(Isa::scalar), 1, typed);
      std::vector<float> token(37), type(37), position(37);
      fetch_row(w, table.packed, 49, token.data());
      fetch_row(w, types.packed, 1, type.data());
      fetch_row(w, positions.packed, 69, position.data());
      for (std::size_t i = 0; i < 37; ++i)
        CHECK(wanted[37 + i] == Approx(2.f * token[i] + (typed ? type[i] : 0.f) + position[i]).margin(1e-5));
      for (const KernelTable* t : tables())
        for (const int parts : part_counts)
          require_same_bits(run(*t, parts, typed), wanted, std::string(t->name) + " embed with positions");
    }
  }
}

TEST_CASE("embeddings and rotary angles of every level agree with the reference", "[kernels]") {
  Random random(3);
  for (const DType w : weight_formats) {
    const Matrix table(random, w, {50}, 37, false, false);
    const std::vector<Row> rows = {{0, 0, 0}, {49, 1000, 1}, {17, 131071, 0}};
    const std::vector<float> inv_freq = {1.f, 0.1f, 0.001f};
    const float* const per_session[] = {inv_freq.data(), inv_freq.data()};
    const float factors[] = {1.f, 1.25f};
    const auto run = [&](const KernelTable& t, int parts) {
      std::vector<float> y(3 * 37 + 3 * 6);
      run_parts(
          t.embed(w),
          EmbedArgs{rows.data(), 3, table.packed, {}, {}, 2.f, y.data(), per_session, factors, 6, y.data() + 3 * 37},
          parts);
      return y;
    };
    const std::vector<float> wanted = run(*kernel_table(Isa::scalar), 1);
    std::vector<float> fetched(37);
    fetch_row(w, table.packed, 49, fetched.data());
    for (int i = 0; i < 37; ++i)
      CHECK(wanted[static_cast<std::size_t>(37 + i)] == 2.f * fetched[static_cast<std::size_t>(i)]);
    CHECK(wanted[3 * 37 + 6] == Approx(1.25 * std::cos(1000.0)).margin(1e-6));
    for (const KernelTable* t : tables())
      for (const int parts : part_counts)
        require_same_bits(run(*t, parts), wanted, std::string(t->name) + " embed");
  }
}
