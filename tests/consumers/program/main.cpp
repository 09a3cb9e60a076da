// A user's program in two files: both include the whole library, so a definition that is not inline would clash.
#include <cstdio>

#include <ttt/ttt.hpp>

#include "../tiny_model.hpp"

int layers_elsewhere();

int main() {
  const auto good = ttt::json::Document::parse(R"({"layers": 3})", "inline");
  const auto bad = ttt::json::Document::parse("{", "inline");
  if (!good || bad) return 1;
  const auto layers = good.value().root()["layers"].as_int();
  std::printf("%s\n", bad.error().text().c_str());
  return layers && *layers == layers_elsewhere() ? 0 : 1;
}
