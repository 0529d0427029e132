// What the Embedding panel saves; embedding_view.cpp has what it shows.
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QListWidget>
#include <QLocale>
#include <QPainter>
#include <QProgressDialog>
#include <QTextStream>

#include <algorithm>
#include <cmath>
#include <optional>

#include "widgets/embedding_view.h"
#include "widgets/file_export.h"
#include "widgets/gif_file.h"
#include "widgets/scatter_view.h"

namespace selfsight {

namespace {

constexpr int kMostLegendEntries = 20;
constexpr int kPictureMilliseconds = 40, kRestMilliseconds = 240, kLastMilliseconds = 2000;  // of a GIF
constexpr int kPicturesWanted = 240, kMostBetween = 7;                                       // longer films glide less

/// Quoted where a spreadsheet would stumble.
QString spreadsheetCell(QString text)
{
    if (!text.contains(',') && !text.contains('"') && !text.contains('\n')) return text;
    return '"' + text.replace('"', "\"\"") + '"';
}

}  // namespace

QByteArray EmbeddingView::csv() const
{
    QString text;
    QTextStream out(&text);
    out << "sample,image,name,x,y";
    if (!m_set || !m_frame) return {};
    for (const ProbeSet::Table& table : m_set->tables) out << ',' << spreadsheetCell(QString::fromStdString(table.name));
    out << ",cluster,loss,feature_step\n";
    for (std::size_t i = 0; i < m_set->size(); ++i) {
        out << i << ',' << m_set->images[i] << ',' << spreadsheetCell(QString::fromStdString(m_set->names[i])) << ','
            << m_frame->layout[2 * i] << ',' << m_frame->layout[2 * i + 1];
        for (const ProbeSet::Table& table : m_set->tables)
            out << ',' << spreadsheetCell(QString::fromStdString(table.classes[static_cast<std::size_t>(table.labels[i])]));
        const auto known = [i](const auto& values) {
            return i < values.size() && std::isfinite(static_cast<double>(values[i])) ? QString::number(values[i]) : QString();
        };
        out << ',' << known(m_frame->clusters) << ',' << known(m_frame->losses) << ',' << known(m_frame->featureSteps) << '\n';
    }
    return text.toUtf8();
}

QString EmbeddingView::note() const
{
    return m_frame ? QString::fromStdString(m_set->title) + ". " + quality() : QString();
}

bool EmbeddingView::exportTo(const QString& path)
{
    if (QFileInfo(path).suffix().toLower() != "csv") return m_scatter->exportTo(path, note());
    Exported saved{false, tr("There are no points to save yet.")};
    if (m_frame) saved = saveBytes(path, csv());
    Q_EMIT message(saved.text);
    return saved.ok;
}

void EmbeddingView::askAndExport(const QString& suffix)
{
    const QString path = askWhereToSave(this, tr("Save the embedding"), QStringLiteral("embedding"), suffix);
    if (!path.isEmpty()) exportTo(path);
}

QImage EmbeddingView::picture(double scale) const
{
    const QImage points = m_scatter->picture(scale);
    const QFontMetrics metrics(font());
    const int line = metrics.height() + 4, gap = metrics.height() / 2, side = metrics.ascent();
    const QSize size = m_scatter->size();
    const int entries = m_legend->count() <= kMostLegendEntries ? m_legend->count() : 0;
    const auto nameOf = [this](int i) { return m_legend->item(i)->data(kNameRole).toString(); };
    int wide = 1;
    for (int i = 0; i < entries; ++i) wide = std::max(wide, metrics.horizontalAdvance(nameOf(i)) + side + 3 * gap);
    const int abreast = std::max(1, (size.width() - gap) / wide), rows = (entries + abreast - 1) / abreast;

    QImage both(QSize(size.width(), size.height() + gap + (1 + rows) * line) * scale, QImage::Format_RGB32);
    both.setDevicePixelRatio(scale);
    both.fill(palette().color(QPalette::Base));
    QPainter painter(&both);
    painter.setFont(font());
    painter.setPen(palette().color(QPalette::Text));
    painter.drawImage(0, 0, points);
    int top = size.height() + gap / 2;
    painter.drawText(QRect(gap, top, size.width() - 2 * gap, line), Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(quality(), Qt::ElideRight, size.width() - 2 * gap));
    top += line;
    for (int i = 0; i < entries; ++i) {
        const QRect area(gap + i % abreast * wide, top + i / abreast * line, wide, line);
        painter.drawPixmap(area.left(), area.top() + (line - side) / 2, m_legend->item(i)->icon().pixmap(side, side));
        painter.drawText(area.adjusted(side + gap, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, nameOf(i));
    }
    return both;
}

bool EmbeddingView::playThrough(int between, const std::function<bool(const EmbeddingFrame&, bool)>& take)
{
    const auto set = m_set;
    const auto shown = m_frame;
    const auto film = m_film;  // it may grow meanwhile
    std::optional<QProgressDialog> progress;
    if (isVisible()) {  // not for a report
        progress.emplace(tr("Saving the film"), tr("Stop"), 0, static_cast<int>(film.size()), this);
        progress->setWindowModality(Qt::WindowModal);
        progress->setMinimumDuration(0);
    }
    const auto isEnded = [&] { return m_set != set || (progress && progress->wasCanceled()); };  // or another run has been opened
    bool goesOn = true;
    for (std::size_t i = 0; goesOn && i < film.size(); ++i) {
        if (progress) progress->setValue(static_cast<int>(i));
        if (isEnded()) break;
        const std::vector<float> to = film[i]->layout, from = i > 0 ? film[i - 1]->layout : to;
        present(film[i], false);
        for (int step = 1; goesOn && i > 0 && step <= between; ++step) {
            const double turn = static_cast<double>(step) / (between + 1), share = turn * turn * (3 - 2 * turn);  // starts and ends softly
            std::vector<float> layout(to.size());
            for (std::size_t at = 0; at < to.size(); ++at) layout[at] = static_cast<float>(from[at] + share * (to[at] - from[at]));
            m_scatter->showLayout(std::move(layout), ScatterView::Motion::Jump);
            goesOn = take(*film[i], false);
        }
        m_scatter->showLayout(to, ScatterView::Motion::Jump);
        goesOn = goesOn && take(*film[i], true);
    }
    if (m_set == set) present(shown, false);
    return !isEnded();
}

void EmbeddingView::askAndExportFilm()
{
    const QString folder = QFileDialog::getExistingDirectory(this, tr("An empty folder for the film"));
    if (!folder.isEmpty()) exportFilm(folder);
}

bool EmbeddingView::exportFilm(const QString& folder)
{
    const auto refuse = [this](const QString& why) {
        Q_EMIT message(why);
        return false;
    };
    if (m_film.empty()) return refuse(tr("There are no points to save yet."));
    const QDir place(folder);
    if (place.exists() && !place.isEmpty()) return refuse(tr("%1 is not empty. Choose another folder for the film.").arg(folder));
    if (!place.mkpath(".")) return refuse(tr("%1 cannot be created. Choose a folder that you may write to.").arg(folder));
    Exported saved{true, {}};
    int count = 0;
    playThrough(0, [&](const EmbeddingFrame& frame, bool) {
        saved = savePng(place.filePath(QStringLiteral("step_%1.png").arg(frame.step, 8, 10, QChar('0'))), m_scatter->picture(2), note());
        count += saved.ok ? 1 : 0;
        return saved.ok;
    });
    Q_EMIT message(saved.ok ? tr("Saved %n pictures to %1", nullptr, count).arg(folder) : saved.text);
    return saved.ok;
}

void EmbeddingView::askAndExportGif()
{
    const QString path = askWhereToSave(this, tr("Save the film"), QStringLiteral("embedding"), QStringLiteral("gif"));
    if (!path.isEmpty()) exportGif(path);
}

bool EmbeddingView::exportGif(const QString& path)
{
    if (m_film.empty()) {
        Q_EMIT message(tr("There are no points to save yet."));
        return false;
    }
    const int frames = static_cast<int>(m_film.size()), between = std::clamp(kPicturesWanted / frames - 1, 0, kMostBetween);
    // The colours are those of the first, a middle and the last frame.
    std::vector<QImage> examples;
    const auto shown = m_frame;
    for (const int each : {0, frames / 2, frames - 1}) {
        present(m_film[static_cast<std::size_t>(each)], false);
        examples.push_back(picture(1));
    }
    present(shown, false);
    GifFile gif(path, examples, note());
    const std::int64_t last = m_film.back()->step;
    const bool isWhole = playThrough(between, [&](const EmbeddingFrame& frame, bool isThere) {
        return gif.add(picture(1), !isThere ? kPictureMilliseconds : frame.step == last ? kLastMilliseconds : kRestMilliseconds);
    });
    const Exported saved = isWhole ? gif.finish() : Exported{false, tr("The film was not saved.")};
    Q_EMIT message(saved.text);
    return saved.ok;
}

}  // namespace selfsight
