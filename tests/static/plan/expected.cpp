// Expected times of described devices and of measured rates are values the compiler knows.
#include <ttt/model.hpp>
#include <ttt/plan/expected.hpp>
#include <ttt/plan/plan.hpp>

using namespace ttt;

constexpr auto llama =
    Embedding<32000, 2048>
    >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64, Rope<10'000>>, SwiGlu<8192>>>
    >> RmsNorm<2048>
    >> Linear<2048, 32000>;

constexpr bool near(double a, double b) { return (a > b ? a - b : b - a) <= 1e-9 * (a > b ? a : b); }

// A step's time: every op's slower of reading and computing, and its beginning, as often as it occurs.
template <Device D>
constexpr double by_hand() {
  constexpr PlanRequest request = plan_request<llama, D, Context<2048>>();
  constexpr StepShape step = step_shape(request);
  double seconds = 0;
  for (const PlanOp& op : plan_ops<llama, D, Context<2048>>) {
    const OpWork work = work_of(op, step);
    const double reading = work.bytes / request.device.read_bytes_per_s;
    const double computing = work.flops / request.device.peak(fidelity_of(op, true));
    seconds += op.repeat * ((reading > computing ? reading : computing) + request.device.op_overhead_s);
  }
  return seconds * 1e3;
}
static_assert(near(expected_ms<llama, cuda::h100, Context<2048>>, by_hand<cuda::h100>()));
static_assert(near(expected_ms<llama, cuda::a100, Context<2048>>, by_hand<cuda::a100>()));
static_assert(expected_ms<llama, ttnn::blackhole_p150, Context<2048>> < expected_ms<llama, ttnn::wormhole_n150, Context<2048>>,
              "whose memory is faster");
static_assert(expected_ms<llama, ttnn::wormhole_n150, Context<2048>, Prompt<512>> >
              expected_ms<llama, ttnn::wormhole_n150, Context<2048>>);

// Rates that were measured, by how much is read: in between, seconds of a byte lie in proportion.
constexpr DeviceRates measured = [] {
  DeviceRates r;
  r.reading[0] = {1e6, 100e9, 50e9};
  r.reading[1] = {3e6, 25e9, 10e9};
  r.readings = 2;
  r.peak_flop_per_s = {4e12, 2e12, 1e12, 1e12};
  r.op_s = 1e-6;
  r.threads = 2;
  r.kernels_measured = true;
  r.kernels.products[static_cast<std::size_t>(DType::fp32)][0] = {{4e-11, 1e-10, 3e-10, 9e-10}, 0.5};
  return r;
}();
static_assert(measured.reading_of(1000).bytes_per_s == 100e9 && measured.reading_of(1e12).bytes_per_s == 25e9);
static_assert(near(1 / measured.reading_of(2e6).bytes_per_s, (1 / 100e9 + 1 / 25e9) / 2));
static_assert(near(measured.from_memory(1e6), 0) && near(measured.from_memory(1e12), 1));
static_assert(near(weight_seconds(measured.kernels.product(DType::fp32, DType::fp32), 10), 2e-10));
static_assert(near(weight_seconds(measured.kernels.product(DType::fp32, DType::fp32), 192), 18e-10));

// One row of a product: read at the share its kernel reaches, or computed on two threads, whichever is slower.
constexpr PlanOp product = [] {
  PlanOp op;
  op.kind = OpKind::linear;
  op.weights = op.operands = DType::fp32;
  op.fidelity = Fidelity::hifi4;
  op.n = op.k = 1024;
  op.weight_bytes = 4LL * 1024 * 1024;
  op.flops_per_row = 2.0 * 1024 * 1024;
  return op;
}();
constexpr ExpectedTime cold = expected_time(product, measured, {1, 1, 0, 1, true, 1e12});
static_assert(near(cold.reading, 4.0 * 1024 * 1024 / 25e9 / 0.5));
static_assert(near(cold.computing, 1024.0 * 1024 * 4e-11 / 2));
static_assert(near(cold.seconds(), cold.reading + 1e-6));
constexpr ExpectedTime warm = expected_time(product, measured, {1, 1, 0, 1, true, 1e5});
static_assert(warm.reading < cold.reading && near(warm.computing, cold.computing));
static_assert(expected_time(product, measured, {96, 1, 0, 1, false, 1e5}).computing > 20 * warm.computing);

static_assert(unevenness(3, 2) > 1.3 && unevenness(4, 2) == 1 && unevenness(1, 1) == 1);
