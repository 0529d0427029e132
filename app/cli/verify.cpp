// selfsight-cli verify: reference cases against the functions that training itself calls.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "core/verify/verify.h"

namespace selfsight::cli {

namespace {

using nlohmann::ordered_json;

struct VerifyArguments {
    std::string folder;
    std::vector<std::string> kinds;
    bool json = false;
};

/// JSON has no infinity: an error without a number is null.
ordered_json finite(double number)
{
    return std::isfinite(number) ? ordered_json(number) : ordered_json();
}

void print(const CaseResult& result, bool json)
{
    if (json) {
        ordered_json line = {{"case", result.name}, {"kind", result.kind}, {"status", toText(result.status)},
                             {"error", finite(result.error)}, {"allowed", finite(result.allowed)}};
        if (!result.message.empty()) line["message"] = result.message;
        printJson(line);
    } else {
        fmt::print("{:<12} {:<32} {}\n", toText(result.status), result.name,
                   result.status == CaseResult::Status::Pass
                       ? fmt::format("{:.2g} of {:.2g} allowed", result.error, result.allowed)
                       : result.message);
    }
}

int verify(const VerifyArguments& arguments)
{
    int counts[3] = {};  // pass, fail, unsupported
    verifyFolder(arguments.folder, arguments.kinds, [&](const CaseResult& result) {
        ++counts[static_cast<int>(result.status)];
        print(result, arguments.json);
    });
    const auto [passed, failed, unsupported] = counts;
    if (arguments.json) printJson({{"event", "result"}, {"passed", passed}, {"failed", failed}, {"unsupported", unsupported}});
    else fmt::print("{} passed, {} failed, {} of kinds that this version does not have\n", passed, failed, unsupported);
    // Who asks for a kind by name wants it verified; a whole folder may hold kinds of later versions.
    const bool asked = !arguments.kinds.empty();
    return failed > 0 || (asked && unsupported > 0) ? 1 : 0;
}

}  // namespace

Run addVerify(CLI::App& command)
{
    const auto arguments = std::make_shared<VerifyArguments>();
    command.description(
        "Checks reference cases against the functions that training itself calls. Exit code 1 when a case fails; cases of a "
        "kind this version does not have are reported as unsupported, and count as failures only if --kind asked for them.");
    command.add_option("DIR", arguments->folder, "Folder of *.safetensors cases, such as tests/golden")->required();
    command.add_option("--kind", arguments->kinds, "Only cases of this kind; may be repeated")->allow_extra_args(false);
    command.add_flag("--json", arguments->json, "One JSON object a line");
    return [arguments] { return verify(*arguments); };
}

}  // namespace selfsight::cli
