#include "widgets/file_export.h"

#include <QBuffer>
#include <QFileDialog>
#include <QFileInfo>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

#include "widgets/plot_library.h"

namespace selfsight {

namespace {

QString translated(const char* text)
{
    return QCoreApplication::translate("FileExport", text);
}

void drawVectors(QCustomPlot& plot, QPaintDevice& device)
{
    QCPPainter painter;
    painter.begin(&device);
    painter.setMode(QCPPainter::pmVectorized);
    painter.setMode(QCPPainter::pmNoCaching);
    painter.setMode(QCPPainter::pmNonCosmetic);
    plot.toPainter(&painter, plot.width(), plot.height());
}

}  // namespace

Exported saveBytes(const QString& path, const QByteArray& bytes)
{
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return {false, translated("%1 was not saved: %2. Choose another folder, or free some space.")
                           .arg(QFileInfo(path).absoluteFilePath(), file.errorString())};
    return {true, translated("Saved %1").arg(QFileInfo(path).absoluteFilePath())};
}

Exported savePng(const QString& path, QImage image, const QString& note)
{
    if (!note.isEmpty()) image.setText("Description", note);
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return saveBytes(path, buffer.data());
}

Exported savePlot(QCustomPlot& plot, const QString& path, const QString& title, const QString& note)
{
    const QString suffix = QFileInfo(path).suffix().toLower();
    if (suffix == "png") return savePng(path, plot.toPixmap(plot.width(), plot.height(), 2).toImage(), note);
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    if (suffix == "svg") {
        QSvgGenerator svg;
        svg.setOutputDevice(&buffer);
        svg.setSize(plot.size());
        svg.setViewBox(plot.rect());
        svg.setTitle(title);
        svg.setDescription(note);
        drawVectors(plot, svg);
        return saveBytes(path, buffer.data());
    }
    if (suffix == "pdf") {
        QPdfWriter pdf(&buffer);
        pdf.setTitle(title);
        pdf.setResolution(96);
        pdf.setPageSize(QPageSize(QSizeF(plot.size()) * 72 / 96, QPageSize::Point, {}, QPageSize::ExactMatch));
        pdf.setPageMargins(QMarginsF());
        drawVectors(plot, pdf);
        return saveBytes(path, buffer.data());
    }
    return {false, translated("%1 was not saved: '%2' is no format for a plot. Use .png, .pdf or .svg.").arg(path, suffix)};
}

QString askWhereToSave(QWidget* parent, const QString& title, const QString& baseName, const QString& suffix)
{
    // Qt's own dialog remembers the last folder by itself.
    QFileDialog dialog(parent, title);
    dialog.setAcceptMode(QFileDialog::AcceptSave);
    dialog.setDefaultSuffix(suffix);
    dialog.setNameFilter(QString("%1 (*.%2)").arg(suffix.toUpper(), suffix));
    dialog.selectFile(baseName + "." + suffix);
    if (dialog.exec() != QDialog::Accepted || dialog.selectedFiles().isEmpty()) return {};
    return dialog.selectedFiles().constFirst();
}

}  // namespace selfsight
