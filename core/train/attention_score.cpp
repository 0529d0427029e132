#include "core/train/attention_score.h"

#include <algorithm>

#include "core/analysis/attention_scores.h"
#include "core/base/error.h"
#include "core/train/attention_images.h"
#include "core/train/stored_run.h"

namespace selfsight {

namespace {

constexpr std::uint64_t kSeed = 1;  // whatever the run's: runs are compared on the same images

RgbImage imageOf(const AttentionSet& set, std::size_t image)
{
    RgbImage picture(set.side, set.side);
    std::copy_n(set.pixels.begin() + static_cast<std::ptrdiff_t>(image * picture.pixels.size()), picture.pixels.size(), picture.pixels.begin());
    return picture;
}

}  // namespace

AttentionScore scoreAttention(const std::filesystem::path& run, std::optional<std::int64_t> step, const ScoreQuestion& question, const Catalog& catalog)
{
    AttentionModel model = AttentionModel::ofRun(run, step, catalog);
    std::vector<std::string> warnings;
    const Experiment experiment = experimentAt(run, checkpointNamed(run, step).step, catalog, warnings);
    const DataSplits data = dataSets().at(experiment["data"].type).open(experiment["data"], experiment.folder);
    if (!knowsMasks(askedPart(data)))
        throw Error(run.string(), "is of " + data.title + ", whose images come without masks", "Score a run of shapes or stamps.");
    const ViewPipeline pipeline(experiment.views, data.statistics);
    AttentionSet set;
    appendImages(askedPart(data), askedImages(data, question.images, 0, kSeed), pipeline, static_cast<int>(model.patchSize()), set);
    if (set.size() == 0) throw Error(run.string(), "none of its images can be read");

    AttentionQuestion asked = question.attention;
    asked.distance = true;
    AttentionScores scores;
    for (std::size_t i = 0; i < set.size(); ++i) {
        const AttentionAnswer answer = model.ask(imageOf(set, i), 0, asked);
        scores.add(answer.heads, answer.distances, maskOf(set, i), question.mass);
    }
    AttentionScore score{.model = model.name(), .images = firstOf(set, set.size(), data).title, .overlaps = scores.overlaps()};
    score.bestHead = static_cast<std::size_t>(std::ranges::max_element(score.overlaps) - score.overlaps.begin());
    score.bestOfEachImage = scores.bestOfEachImage();
    score.entropies = scores.entropies();
    score.distances = scores.distances();
    return score;
}

}  // namespace selfsight
