// Encoders (BERT): a whole sequence in one pass. Apart from ttt.hpp because a program that continues texts needs none of it.
//
//     auto model = ttt::load<minilm, cpu>("path/to/all-MiniLM-L6-v2");
//     auto out = ttt::run_encoder(*model->runner(), {.ids = ids});
#pragma once

#include <ttt/runtime/encoder.hpp>
#include <ttt/ttt.hpp>

#if !defined(TTT_SEPARATE_COMPILATION)
#include <ttt/runtime/encoder.ipp>
#endif
