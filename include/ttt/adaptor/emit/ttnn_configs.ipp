// The heading of a TTNN program, its constants, and what makes memory and program configs of numbers.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <ttt/adaptor/emit/python_text.hpp>
#include <ttt/adaptor/emit/ttnn_model.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt::emitting {

inline constexpr std::string_view heading_py = R"py("""<title> in TTNN for <device><mesh>, written by `ttt emit`.

    python PROGRAM.py --checkpoint DIR --ids 1,2,3 -n 32    reads DIR/*.safetensors and continues the ids, on a card
    python PROGRAM.py --empty -n 4                          the same without weights: every op runs, on what memory holds

`run(ttnn, device)` puts every op of prompts and decoding on a device with empty tensors: what a mock device validates,
builds and allocates. Beside each choice stands the policy that it follows and who said so: the device (default), a
preset, the model, a layer or a module. TTNN 0.81.
"""
import argparse
import json
import pathlib

import numpy as np
import ttnn
)py";

inline constexpr std::string_view constants_py = R"py(HIDDEN, VOCABULARY = <hidden>, <vocab>
CHIPS = <chips>
HEADS, KV_HEADS, HEAD_DIM = <heads>, <kv_heads>, <head_dim>  # of one chip
<head_width>
ALL_KV_HEADS = <all_kv_heads>
FFN = <ffn>  # of one chip, in whole tiles<ffn_note>
EPSILON = <eps>
<qk_eps>
SCALE = <scale>  # of attention's scores, as fp32: TTNN takes no other number

BATCH = <batch>  # sessions of a decoding step
CONTEXT = <context>  # positions of a session
CHUNK = <chunk>  # tokens of a prompt's step, a power of two: <chunk_policy>
PAGE = <page>  # positions of a page of keys and values: <page_policy>
PAGES = <pages>  # of a session
POSITIONS = PAGES * PAGE  # that a session has room for: steps of prompts are padded beyond its context
ACTIVATIONS = <activations>  # the residual stream: <activations_policy>
)py";

inline constexpr std::string_view memory_configs_py = R"py(TILE = 32
DRAM_BANKS = <banks>
DRAM, L1 = ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG


def rectangle(x, y):
    return ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(x - 1, y - 1))})


def sharded(kind, buffer, cores, shape):
    return ttnn.MemoryConfig(kind, buffer, ttnn.ShardSpec(cores, shape, ttnn.ShardOrientation.ROW_MAJOR))


def columns(width, grid):
    """One row of tiles, its columns spread over the L1 of a grid of cores."""
    share = -(-width // (TILE * grid[0] * grid[1])) * TILE
    return sharded(ttnn.TensorMemoryLayout.WIDTH_SHARDED, ttnn.BufferType.L1, rectangle(*grid), (TILE, share))


def by_session(width, height=TILE):
    """One shard a session, in the L1 of the first cores row by row."""
    full, rest = divmod(BATCH, 8)
    cores = [ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(7, full - 1))] if full else []
    cores += [ttnn.CoreRange(ttnn.CoreCoord(0, full), ttnn.CoreCoord(rest - 1, full))] if rest else []
    return sharded(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1, ttnn.CoreRangeSet(cores), (height, width))


def over_banks(k, n):
    """A weight [k, n], its columns spread over the banks of DRAM in whole tiles: what a DRAM-sharded product streams."""
    share = -(-n // (TILE * DRAM_BANKS)) * TILE
    return sharded(ttnn.TensorMemoryLayout.WIDTH_SHARDED, ttnn.BufferType.DRAM, rectangle(DRAM_BANKS, 1), (k, share))


def kernel(fidelity, fp32_dst, l1_acc=True):
    """Phases of the multiplier, the width of Dst, and whether partial sums add up in L1; approximations are off."""
    return ttnn.WormholeComputeKernelConfig(math_fidelity=fidelity, math_approx_mode=False, fp32_dest_acc_en=fp32_dst,
                                            packer_l1_acc=l1_acc)


def dram_sharded(grid, in0_block_w, per_core_N):
    """Decoding: weights stream from their banks; rows and output lie spread over the L1 of `grid`."""
    return grid, ttnn.MatmulMultiCoreReuseMultiCastDRAMShardedProgramConfig(
        in0_block_w=in0_block_w, per_core_M=1, per_core_N=per_core_N, fused_activation=None)

<from_dram>

def multicast_2d(grid, rows, in0_block_w, per_core_N, out_subblock_w):
    """Prompts in pieces of `rows` tokens: blocks of rows and columns over `grid`, everything in DRAM. Shorter ones have fewer
    rows a core."""
    def program(tokens):
        pieces = max(1, tokens // rows)
        return pieces, ttnn.MatmulMultiCoreReuseMultiCastProgramConfig(
            compute_with_storage_grid_size=grid, in0_block_w=in0_block_w, out_subblock_h=1, out_subblock_w=out_subblock_w,
            per_core_M=-(-(tokens // pieces) // (TILE * grid[1])), per_core_N=per_core_N, transpose_mcast=False,
            fused_activation=None, fuse_batch=pieces == 1)
    return program


class Product:
    """Rows times a weight [k, n]: its formats, its fidelity, and its programs for decoding and for prompts."""

    def __init__(self, k, n, weight, out, kernel, decode, prompt=None, prompt_out=None):
        self.k, self.n, self.format, self.out, self.kernel = k, n, weight, out, kernel
        self.grid, self.decode_program = decode
        self.place = <place>
        self.prompt_program, self.prompt_out = prompt, prompt_out or out

<load>

    def decode(self, x, weight):
        x = ttnn.to_memory_config(x, self.place)
        return ttnn.linear(x, weight, program_config=self.decode_program, compute_kernel_config=self.kernel, dtype=self.out,
                           memory_config=<decoded>)

    def prompt(self, x, weight):
        tokens = x.shape[-2]
        pieces, program = self.prompt_program(tokens)
        if pieces > 1:
            x = ttnn.reshape(x, (1, pieces, tokens // pieces, self.k))
        y = ttnn.linear(x, weight, program_config=program, compute_kernel_config=self.kernel, dtype=self.prompt_out, memory_config=DRAM)
        return ttnn.reshape(y, (1, 1, tokens, self.n)) if pieces > 1 else y


class Layer:
    """How a layer runs: its four products, the format of its keys and values, the kernels of its scores<window_note>."""

    def __init__(self, qkv, o, gate_up, down, kv, prompt_scores, decode_scores<window_argument>):
        self.qkv, self.o, self.gate_up, self.down = qkv, o, gate_up, down
        self.kv, self.prompt_scores, self.decode_scores = kv, prompt_scores, decode_scores
<keep_window>


def attention_program(tokens=0):
    """Blocks of queries and keys: those of the reference modules for a prompt's step; 0 leaves decoding's to TTNN."""
    block = min(tokens, 256 if tokens >= 2048 else 64)
    return ttnn.SDPAProgramConfig(compute_with_storage_grid_size=(8, 8), exp_approx_mode=False, q_chunk_size=block, k_chunk_size=block)
)py";

inline constexpr std::string_view load_on_one_py = R"py(    def load(self, device, values=None):
        """The weight; `values` [k, n]."""
        return tensor(device, (1, 1, self.k, self.n), self.format, memory=<weight_place>, values=values)
)py";
inline constexpr std::string_view load_py = R"py(    def load(self, device, values=None, cut=None):
        """The weight; `values` [k, n] of all chips, divided over them along `cut`, or whole on each."""
        return tensor(device, (1, 1, self.k, self.n), self.format, memory=<weight_place>, values=values, cut=cut)
)py";
/// Decoding of products for whose tiles no grid of cores is small enough.
inline constexpr std::string_view multicast_1d_py = R"py(
def multicast_1d(in0_block_w, per_core_N, out_subblock_w):
    """Decoding where few counts of cores divide the tiles of k and n, and their shards of L1 would be too wide: rows, weight and
    output interleaved in DRAM, the columns over 8 by 8 cores."""
    return None, ttnn.MatmulMultiCoreReuseMultiCast1DProgramConfig(
        compute_with_storage_grid_size=(8, 8), in0_block_w=in0_block_w, out_subblock_h=1, out_subblock_w=out_subblock_w,
        per_core_M=1, per_core_N=per_core_N, fuse_batch=True, mcast_in0=True, fused_activation=None)

)py";

inline constexpr std::string_view norm_configs_py = R"py(

# The residual stream of a decoding step lies width-sharded over <cores> cores; norms run where it lies.
RESIDUAL_GRID = (<x>, <y>)
RESIDUAL = columns(HIDDEN, RESIDUAL_GRID)
NORM = ttnn.LayerNormShardedMultiCoreProgramConfig(compute_with_storage_grid_size=list(RESIDUAL_GRID), subblock_w=<subblock>, block_h=1,
                                                   block_w=<block>, inplace=False)
# No policy speaks of norms: HiFi2 as in the reference modules, with fp32 Dst for prompts.
DECODE_NORM_KERNEL = kernel(ttnn.MathFidelity.HiFi2, fp32_dst=False)
PROMPT_NORM_KERNEL = kernel(ttnn.MathFidelity.HiFi2, fp32_dst=True)
)py";

TTT_INLINE std::string heading_text(const TtnnModel& m) {
  const DeviceTraits& d = m.device();
  const AttentionSpec& a = m.attention();
  const std::vector<ResolvedKnob> model = resolving::model_knobs(m.plan->request.model, d);
  const std::vector<ResolvedKnob>& layer = m.first().knobs;
  const bool paged = m.first().config.attention.kv_form == KvForm::paged;
  std::string out = filled(heading_py, {{"title", plain(m.options.title)},
                                     {"device", std::string(d.name)},
                                     {"mesh", m.chips() > 1 ? fmt::format(", {} chips in a row", m.chips()) : ""}});
  const int ffn = m.mlp().intermediate;
  out += section("the model and its workload");
  out += filled(
      constants_py,
      {{"hidden", std::to_string(m.norm.width)},
       {"vocab", std::to_string(m.head.out)},
       {"chips", std::to_string(m.chips())},
       {"heads", std::to_string(m.share.attention.heads)},
       {"kv_heads", std::to_string(m.share.attention.kv_heads)},
       {"head_dim", std::to_string(m.share.attention.head_dim)},
       {"head_width", m.heads_are_padded() ? fmt::format("HEAD_WIDTH = {}  # of a head's numbers; the rest are zeros, for whole tiles", a.head_dim) : ""},
       {"all_kv_heads", std::to_string(a.kv_heads)},
       {"ffn", std::to_string(m.share.ffn)},
       {"ffn_note", m.share.ffn * m.ffn_chips() == ffn ? "" : fmt::format(": {} in all", ffn)},
       {"eps", fmt::format("{}", m.norm.eps.v)},
       {"qk_eps", a.qk_norm ? fmt::format("HEAD_EPSILON = {}{}", a.qk_norm_eps.v, m.heads_are_padded() ? " * HEAD_WIDTH / HEAD_DIM" : "") : ""},
       {"scale", fmt::format("{}", static_cast<double>(static_cast<float>(a.scale.v != 0 ? a.scale.v : 1 / std::sqrt(a.head_dim))))},
       {"batch", std::to_string(m.batch)},
       {"context", std::to_string(m.context)},
       {"chunk", std::to_string(m.chunk)},
       {"chunk_policy", policy_text(model, "model", "chunk")},
       {"page", std::to_string(m.page)},
       {"page_policy", paged ? policy_text(layer, ".attention", "page")
                             : policy_text(layer, ".attention", "kv_form") + ", the pages of a session behind each other"},
       {"pages", std::to_string(m.pages)},
       {"activations", python_of(m.activations())},
       {"activations_policy", policy_text(layer, ".attention", "activations")}});
  return out;
}

TTT_INLINE std::string configs_text(const TtnnModel& m) {
  const bool dram = std::any_of(m.kinds.begin(), m.kinds.end(), [](const LayerKind& kind) {
    const tt::DecodePrograms& p = kind.decode;
    return !p.qkv.in_l1() || !p.o.in_l1() || !p.gate_up.in_l1() || !p.down.in_l1();
  });
  std::string out = section("memory, programs, kernels");
  out += filled(memory_configs_py, {{"banks", std::to_string(m.chip.dram_banks)},
                                 {"load", filled(m.chips() > 1 ? load_py : load_on_one_py,
                                                 {{"weight_place", std::string(dram ? "over_banks(self.k, self.n) if self.grid else DRAM"
                                                                                    : "over_banks(self.k, self.n)")}})},
                                 {"from_dram", dram ? std::string(multicast_1d_py) : ""},
                                 {"place", dram ? "columns(k, self.grid) if self.grid else DRAM" : "columns(k, self.grid)"},
                                 {"decoded", dram ? "ttnn.L1_WIDTH_SHARDED_MEMORY_CONFIG if self.grid else DRAM" : "ttnn.L1_WIDTH_SHARDED_MEMORY_CONFIG"},
                                 {"window_note", m.windows() ? ", and how many keys a query sees (None: all)" : ""},
                                 {"window_argument", m.windows() ? ", window=None" : ""},
                                 {"keep_window", m.windows() ? "        self.window = window\n" : ""}});
  const tt::Grid grid = m.first().decode.residual;
  const int block = tt::tiles(m.norm.width) / grid.cores();
  out += filled(norm_configs_py, {{"cores", std::to_string(grid.cores())},
                               {"x", std::to_string(grid.x)},
                               {"y", std::to_string(grid.y)},
                               {"block", std::to_string(block)},
                               {"subblock", std::to_string(tt::largest_divisor(block, 4))}});
  return out;
}

}  // namespace ttt::emitting
