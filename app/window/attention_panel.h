// What the Attention panel shows: which model looks at which image, at which step, and what it is compared with.
#pragma once

#include <QObject>
#include <QStringList>

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "app/window/attention_session.h"
#include "core/record/attention_set.h"

namespace selfsight {

class Session;

/// Asks only while the panel is seen. Thread: the UI's. Lifetime: session and view outlive it.
class AttentionPanel : public QObject {
    Q_OBJECT

public:
    AttentionPanel(const Catalog& catalog, Session& session, AttentionView& view, QObject* parent = nullptr);
    ~AttentionPanel() override;

    /// Images, and folders of them, to choose from; the first is chosen.
    void openImages(const QStringList& paths);
    void openImage(const RgbImage& image);
    /// Of a vision transformer; `matched`: one sentence.
    void openWeights(const QString& file, const QString& matched);
    /// Also unseen, as for a report.
    void workUnseen();
    bool isIdle() const;  // nothing more will be shown
    const AttentionSource& source() const { return m_source; }
    std::shared_ptr<const AttentionResult> shown() const { return m_main.result; }  // nullptr: none
    std::vector<std::int64_t> filmSteps() const;  // whose maps the run shown has kept, ascending
    int images() const { return static_cast<int>(m_pictures.size()); }

public Q_SLOTS:
    void showStep(qint64 step);
    void showNewest();

Q_SIGNALS:
    void message(const QString& sentence);
    void weightsWanted(const QString& file);  // a look at what matched

private:
    struct Picture {
        QString name, caption, file;            // no file: the image is there
        std::shared_ptr<const RgbImage> image;  // or it is read
        std::shared_ptr<const FloatMap> truth;
        RgbImage thumbnail;
        bool isOfRun = false;
    };
    struct Answer {
        AttentionRequest request;
        std::shared_ptr<const AttentionResult> result;
    };
    struct Painting {
        Answer main, other;
        std::vector<AttentionCell> mainCells, otherCells;
    };
    struct Listing {
        QStringList files;
        QString folders;  // that were looked into
        int left = 0;     // images that are not listed
    };
    struct Thumbnails {
        std::vector<std::pair<QString, RgbImage>> images;
    };

    void beginRun(const QString& folder);
    void takeSet(const AttentionSet& set);
    void takeSnapshot(const std::shared_ptr<const Snapshot>& snapshot);
    void chooseModel(int index);
    void chooseSource(const AttentionSource& source);
    void chooseImage(int index);
    void keep(bool on);
    void setStep(std::optional<std::int64_t> step);
    std::optional<AttentionRequest> requestOf(const AttentionSource& source) const;
    std::shared_ptr<const Snapshot> snapshotAt(const std::optional<std::int64_t>& step) const;
    void refresh();
    void take(const AttentionRequest& request, const std::shared_ptr<const AttentionResult>& result);
    void takeFailure(const AttentionRequest& request, const QString& sentence);
    void paint();
    void showPainting(const Painting& painting);
    /// Those of the run shown; the image that is chosen stays chosen where it is the user's own.
    void setRunPictures(std::vector<Picture> pictures);
    void takeListing(const Listing& listing);
    void addFiles(const QStringList& files);
    void listModels();
    void listImages();
    void readThumbnails();
    void explain();
    void exportMaps(const QString& path);
    void exportFilm(const QString& folder);

    Session& m_session;
    AttentionView& m_view;
    AttentionSession m_asking;
    std::vector<AttentionSource> m_models;  // that can be chosen
    std::map<QString, QString> m_matched;   // of weights files
    AttentionSource m_source;
    std::optional<AttentionSource> m_compared;
    std::vector<Picture> m_pictures;
    int m_picture = -1;
    std::vector<std::shared_ptr<const Snapshot>> m_moments;  // that have maps, by step
    Answer m_main, m_other;
    std::optional<AttentionRequest> m_failed;  // is not asked again
    int m_age = 0;
    bool m_seesUnseen = false, m_isPainting = false, m_paintsAgain = false;
    LatestJob<Listing> m_listing;
    LatestJob<Thumbnails> m_thumbnails;
    LatestJob<Painting> m_painter;  // last: ends before what it reports to
};

}  // namespace selfsight
