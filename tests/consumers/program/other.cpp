#include <ttt/ttt.hpp>

int layers_elsewhere();
int layers_elsewhere() {
  const auto document = ttt::json::Document::parse("[1, 2, 3]", "inline");
  return document ? static_cast<int>(document.value().root().size()) : -1;
}
