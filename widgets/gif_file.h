// An animated GIF, written picture by picture.
#pragma once

#include <QImage>
#include <QSaveFile>
#include <QString>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "widgets/file_export.h"

struct GifFileType;

namespace selfsight {

/// The 255 colours that serve these pictures best, and the one of them for each colour: median cut over the colours' cube (Heckbert
/// 1982, SIGGRAPH), where a colour counts by the square root of its pixels, so that a wide background does not take them all.
class GifPalette {
public:
    explicit GifPalette(const std::vector<QImage>& examples);

    const std::vector<QRgb>& colours() const { return m_colours; }
    std::uint8_t of(QRgb colour);

private:
    std::vector<QRgb> m_colours;
    std::vector<std::int16_t> m_nearest;  // of each cell of the cube; -1: not looked for yet
};

/// The file appears, or replaces the one that was there, with finish() alone.
class GifFile {
public:
    /// `examples` hold the colours that the pictures will have; `note` becomes a comment.
    GifFile(const QString& path, const std::vector<QImage>& examples, const QString& note = {});
    ~GifFile();

    /// False: it could not be written, or is of another size than the first example; finish() says why.
    bool add(const QImage& picture, int milliseconds);
    Exported finish();

private:
    bool begin(const QString& note);
    void fail(const QString& why);

    QSaveFile m_file;
    GifPalette m_palette;
    QSize m_size;
    GifFileType* m_gif = nullptr;
    std::vector<std::uint8_t> m_before, m_line;  // palette indices of the last picture
    QString m_problem;
};

}  // namespace selfsight
