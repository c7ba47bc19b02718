// What a verification has found, as JSON.
#include <nlohmann/json.hpp>

#include "plotmill/verify.hpp"

namespace plotmill {

std::string to_json(const VerifyReport& report, const std::string& path) {
  using json = nlohmann::ordered_json;
  json problems = json::array();
  for (const VerifyProblem& problem : report.problems) {
    json images;
    if (problem.first != problem.end) images = {problem.first, problem.end};
    problems.push_back({{"file", problem.file}, {"images", std::move(images)}, {"text", problem.text}});
  }
  // Names of files may hold any bytes.
  return json{{"path", path},
              {"ok", report.n_problems == 0},
              {"outputs", report.outputs},
              {"files", report.files},
              {"images", report.images},
              {"images_checked", report.images_checked},
              {"images_damaged", report.images_damaged},
              {"bytes_read", report.bytes_read},
              {"seconds", report.seconds},
              {"threads", report.threads},
              {"n_problems", report.n_problems},
              {"problems", std::move(problems)},
              {"notes", report.notes}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace plotmill
