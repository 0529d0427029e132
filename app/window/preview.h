// The views that the first training step will see, made in the background with every edit.
#pragma once

#include <QObject>

#include <vector>

#include "app/window/latest_job.h"
#include "core/config/experiment.h"
#include "widgets/image_grid.h"

namespace selfsight {

/// Shows the first images of epoch 0, batch 0, drawn by the training's own pipeline with the training's own keys: the
/// source with the box that its first view kept, then its views.
/// Thread: the UI's; data sets are opened and views made on one thread of its own.
class Preview : public QObject {
    Q_OBJECT

public:
    explicit Preview(const Catalog& catalog, QObject* parent = nullptr);

    /// Does nothing when neither data nor views differ from what was last shown.
    void show(const Experiment& experiment);

Q_SIGNALS:
    void imagesArrived(const std::vector<selfsight::GridImage>& images);
    void failed(const QString& sentence);

private:
    struct Request {
        OptionSet data;
        std::filesystem::path folder;
        ViewPlan views;
        std::int64_t seed = 1;
        std::int64_t batchSize = 1;
        bool operator==(const Request&) const = default;
    };
    struct OpenData;

    static std::vector<GridImage> make(const Request& request, OpenData& open,
                                       const LatestJob<std::vector<GridImage>>::IsCancelled& isCancelled);

    const Catalog& m_catalog;
    std::optional<Request> m_shown;
    std::shared_ptr<OpenData> m_open;  // touched by the job's thread alone
    LatestJob<std::vector<GridImage>> m_job;
};

}  // namespace selfsight
