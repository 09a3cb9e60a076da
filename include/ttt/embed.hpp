// Texts to vectors, as sentence-transformers makes them. Apart from ttt.hpp because a program that continues texts needs none
// of it.
//
//     auto model = ttt::from_huggingface("path/to/all-MiniLM-L6-v2");
//     auto vector = ttt::SentenceEmbedder::of(*model)->embed(*model->runner(), "This is an example sentence");
#pragma once

#include <ttt/adaptor/sentence_embedder.hpp>
#include <ttt/encoder.hpp>

#if !defined(TTT_SEPARATE_COMPILATION)
#include <ttt/runtime/final_norm.ipp>
#include <ttt/runtime/hidden_rows.ipp>
#include <ttt/runtime/pooling.ipp>
#include <ttt/adaptor/sentence_config.ipp>
#include <ttt/adaptor/sentence_embedder.ipp>
#endif
