// The ttt command.
#include <algorithm>
#include <new>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "console.hpp"

namespace {

using namespace ttt;
using namespace ttt::tool;

Result<int> obey(const std::vector<std::string>& words) {
  TTT_TRY(const Request request, parse_command_line(words));
  if (request.command != nullptr) return request.command->run(request.arguments);
  TTT_CHECK(print(request.help));
  return 0;
}

/// What no Result carries: memory that ran out, and exceptions of the libraries underneath.
Result<int> guarded(const std::vector<std::string>& words) {
  try {
    return obey(words);
  } catch (const std::bad_alloc&) {
    return make_error(ErrorKind::memory, "out_of_memory", "ttt", "an allocation failed",
                      "use a smaller context, batch or model, or free memory");
  } catch (const Exception& fault) {
    return fault.error();
  } catch (const std::exception& fault) {
    return make_error(ErrorKind::internal, "internal_fault", "ttt", fault.what(),
                      "this is a fault of ttt: please report it with the command line");
  }
}

}  // namespace

int main(int argc, char** argv) {
  prepare_console();
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const Result<int> status = guarded(words);
  if (status) return *status;
  if (is_output_closed(status.error())) return 0;  // the reader had enough
  const bool json = std::find(words.begin(), words.end(), "--json") != words.end();
  report(status.error(), json);
  return exit_status(status.error());
}
