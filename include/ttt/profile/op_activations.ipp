// Definitions of op_activations.hpp.
#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/io/safetensors_writer.hpp>
#include <ttt/profile/op_activations.hpp>

namespace ttt {

TTT_INLINE Result<void> write_op_activations(const std::string& file, const ModelState& state, const Recording& recording) {
  std::vector<TensorDeclaration> declared{{"input_ids", SafeDType::i64, {recording.tokens()}}};
  std::vector<const float*> rows{nullptr};
  for (const Recording::Entry& e : recording.entries()) {
    if (e.kind != Recording::Kind::value) continue;
    declared.push_back({state.path(state.ops[e.op]) + (e.role == Role::kv ? ".kv" : ""), SafeDType::f32, {recording.tokens(), e.width}});
    rows.push_back(e.rows.as<float>());
  }
  TTT_TRY(SafetensorsWriter out, SafetensorsWriter::create(file, declared));
  const std::vector<std::int64_t> ids(recording.ids.begin(), recording.ids.end());
  TTT_CHECK(out.append(std::as_bytes(std::span(ids))));
  for (std::size_t i = 1; i < rows.size(); ++i)
    TTT_CHECK(out.append(std::as_bytes(std::span(rows[i], static_cast<std::size_t>(recording.tokens() * declared[i].shape[1])))));
  return out.finish();
}

}  // namespace ttt
