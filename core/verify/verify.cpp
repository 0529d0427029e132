#include "core/verify/verify.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "core/base/error.h"
#include "core/base/nearest.h"
#include "core/io/safetensors.h"
#include "core/verify/cases.h"

namespace selfsight {

namespace {

struct Kind {
    std::string name;
    CaseResult (*verify)(const Case&);
};

const std::vector<Kind>& kinds()
{
    static const std::vector<Kind> list = {
        {"nt_xent", verifyNtXent},
        {"info_nce_queue", verifyInfoNceQueue},
        {"moco_v3", verifyMocoV3},
        {"neg_cosine", verifyNegCosine},
        {"byol", verifyByol},
        {"simsiam_heads", verifySimSiamHeads},
        {"nnclr", verifyNnclr},
        {"simclr_distill", verifySimClrDistill},
        {"supcon", verifySupCon},
        {"cpc_infonce", verifyCpcInfoNce},
        {"cpc_grid", verifyCpcGrid},
        {"instdisc_nce", verifyInstDiscNce},
        {"instdisc_memory", verifyInstDiscMemory},
        {"invaspread", verifyInvaSpread},
        {"cmc_nce", verifyCmcNce},
        {"sinkhorn", verifySinkhorn},
        {"swav", verifySwav},
        {"dino_loss", verifyDinoLoss},
        {"ibot", verifyIbot},
        {"koleo", verifyKoLeo},
        {"barlow_twins", verifyBarlowTwins},
        {"vicreg", verifyVicreg},
        {"mae_loss", verifyMaeLoss},
        {"mae_masking", verifyMaeMasking},
        {"lars", verifyLars},
        {"sgd", verifySgd},
        {"adam", verifyAdam},
        {"adamw", verifyAdamW},
        {"schedule", verifySchedule},
        {"ema_update", verifyEmaUpdate},
        {"knn", verifyKnn},
        {"align_uniform", verifyAlignUniform},
        {"spectrum", verifySpectrum},
        {"pca", verifyPca},
        {"tsne", verifyTsne},
        {"resnet", verifyResnet},
        {"dino_vit", verifyDinoVit},
        {"pos_embed", verifyPosEmbed},
        {"dino_head", verifyDinoHead},
        {"dino_checkpoint", verifyDinoCheckpoint},
        {"weights", verifyWeights},
        {"ws_gn_block", verifyWsGnBlock},
        {"augment_color", verifyAugmentColor},
        {"augment_hue", verifyAugmentHue},
        {"augment_gray_solarize", verifyAugmentGraySolarize},
        {"augment_blur", verifyAugmentBlur},
        {"augment_resized_crop", verifyAugmentResizedCrop},
    };
    return list;
}

CaseTensor readTensor(const SafetensorsFile& file, const TensorInfo& tensor)
{
    CaseTensor result{.shape = tensor.shape, .values = {}};
    if (tensor.dtype == DType::F64) result.values = file.values<double>(tensor.name);
    else if (isReal(tensor.dtype)) result.values = file.values<float>(tensor.name);
    else {
        std::vector<std::int64_t> integers = file.values<std::int64_t>(tensor.name);
        if (tensor.dtype == DType::U8) result.values = std::vector<std::uint8_t>(integers.begin(), integers.end());
        else result.values = std::move(integers);
    }
    return result;
}

/// Nothing when the case is of another kind than those wanted.
std::optional<Case> readCase(const std::filesystem::path& path, const std::vector<std::string>& wanted)
{
    const SafetensorsFile file = SafetensorsFile::open(path);
    const auto kind = file.metadata().find("kind");
    if (!wanted.empty() && (kind == file.metadata().end() || std::ranges::find(wanted, kind->second) == wanted.end()))
        return std::nullopt;
    std::map<std::string, CaseTensor> tensors;
    for (const TensorInfo& tensor : file.tensors()) tensors[tensor.name] = readTensor(file, tensor);
    return Case(path, file.metadata(), std::move(tensors));
}

CaseResult failed(const std::string& name, const std::string& kind, const std::string& message)
{
    return {.name = name,
            .kind = kind,
            .status = CaseResult::Status::Fail,
            .error = std::numeric_limits<double>::infinity(),
            .message = message};
}

CaseResult verifyCase(const Case& reference)
{
    for (const Kind& kind : kinds()) {
        if (kind.name != reference.kind()) continue;
        try {
            return kind.verify(reference);
        } catch (const std::exception& error) {
            // torch adds a back trace after the first line
            const std::string text = error.what();
            return failed(reference.name(), reference.kind(), text.substr(0, text.find('\n')));
        }
    }
    return {.name = reference.name(), .kind = reference.kind(), .status = CaseResult::Status::Unsupported};
}

std::vector<std::filesystem::path> caseFiles(const std::filesystem::path& folder)
{
    std::error_code error;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
    if (error) throw Error(folder.string(), "it cannot be read: " + error.message(), "Name a folder of reference cases.");
    if (files.empty()) throw Error(folder.string(), "there is no *.safetensors file in it", "Name a folder of reference cases.");
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

std::vector<std::string> verifiableKinds()
{
    std::vector<std::string> names;
    for (const Kind& kind : kinds()) names.push_back(kind.name);
    return names;
}

std::vector<CaseResult> verifyFolder(const std::filesystem::path& folder, const std::vector<std::string>& wanted,
                                     const std::function<void(const CaseResult&)>& each)
{
    std::vector<CaseResult> results;
    for (const std::filesystem::path& file : caseFiles(folder)) {
        CaseResult result;
        try {
            const std::optional<Case> reference = readCase(file, wanted);
            if (!reference) continue;
            result = verifyCase(*reference);
        } catch (const Error& error) {
            result = failed(file.stem().string(), "", error.what());
        }
        if (each) each(result);
        results.push_back(std::move(result));
    }
    for (const std::string& kind : wanted)
        if (std::ranges::none_of(results, [&kind](const CaseResult& result) { return result.kind == kind; }))
            throw Error(folder.string(), "there is no case of kind '" + kind + "' in it" + suggestion(kind, verifiableKinds()));
    return results;
}

}  // namespace selfsight
