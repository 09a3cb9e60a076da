// Texts to vectors, as sentence-transformers makes them.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <ttt/adaptor/sentence_config.hpp>
#include <ttt/runtime/runner.hpp>
#include <ttt/runtime/tokenizer/tokenizer.hpp>

namespace ttt {

class LoadedModel;

/// What a folder's tokenizer and pooling make of texts; the model runs in whatever runner is given. Immutable: any number
/// of threads may use one, their steps take turns.
///
///     auto model = ttt::from_huggingface("path/to/all-MiniLM-L6-v2");
///     auto embedder = ttt::SentenceEmbedder::of(*model);
///     auto vector = embedder->embed(*model->runner(), "This is an example sentence");
class SentenceEmbedder {
 public:
  /// `positions`: how many tokens the model holds; 0: as many as the folder says.
  SentenceEmbedder(Tokenizer tokenizer, SentenceConfig config, int positions);
  /// Of a loaded model: its folder, and as many tokens as it was loaded for.
  /// Errors: tokenizer_missing, those of read_sentence_config.
  [[nodiscard]] static Result<SentenceEmbedder> of(const LoadedModel& model);
  /// Errors: as `of`.
  [[nodiscard]] static Result<SentenceEmbedder> load(const std::string& folder, int positions = 0);

  /// The tokens of a text, no more than the folder and the model take: `Encoding::left_out` says how many were too many.
  /// Errors: those of Tokenizer::encode.
  [[nodiscard]] Result<Encoding> encode(std::string_view text) const;
  /// Whether rows of this model can stand for a text, before its weights are loaded.
  /// Errors: pooling_undefined (a decoder whose folder names no pooling).
  [[nodiscard]] Result<void> check(const ModelView& model) const;
  /// Its vector: [width · ways of pooling]. Errors: those of `check`, sentence_config (a folder of another width), and those
  /// of steps.
  [[nodiscard]] Result<std::vector<float>> embed(Runner& runner, const Encoding& encoding) const;
  [[nodiscard]] Result<std::vector<float>> embed(Runner& runner, std::string_view text) const;

  [[nodiscard]] const SentenceConfig& config() const { return config_; }
  /// Most tokens of a text; 0: any number.
  [[nodiscard]] int most_tokens() const { return most_tokens_; }

 private:
  Tokenizer tokenizer_;
  SentenceConfig config_;
  int most_tokens_ = 0;
  bool lowers_ = false;
};

}  // namespace ttt
