// The linked library's part: tokenizers (the only unit that sees PCRE2 and utf8proc).
#include <ttt/runtime/tokenizer/added_tokens.ipp>
#include <ttt/runtime/tokenizer/bert_characters.ipp>
#include <ttt/runtime/tokenizer/bpe.ipp>
#include <ttt/runtime/tokenizer/characters.ipp>
#include <ttt/runtime/tokenizer/decoder.ipp>
#include <ttt/runtime/tokenizer/hash.ipp>
#include <ttt/runtime/tokenizer/longest_tokens.ipp>
#include <ttt/runtime/tokenizer/normal_form.ipp>
#include <ttt/runtime/tokenizer/normalizer.ipp>
#include <ttt/runtime/tokenizer/pattern.ipp>
#include <ttt/runtime/tokenizer/post_processor.ipp>
#include <ttt/runtime/tokenizer/pre_tokenizer.ipp>
#include <ttt/runtime/tokenizer/stream_decoder.ipp>
#include <ttt/runtime/tokenizer/subword_model.ipp>
#include <ttt/runtime/tokenizer/tokenizer.ipp>
#include <ttt/runtime/tokenizer/vocabulary.ipp>
#include <ttt/runtime/tokenizer/word_piece.ipp>
