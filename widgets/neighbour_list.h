// The nearest images of one sample, at one step or at two side by side.
#pragma once

#include <QWidget>

#include <memory>
#include <vector>

#include "core/record/embedding_frame.h"
#include "core/record/probe_set.h"

namespace selfsight {

/// A column a step: thumbnail, name, cosine as number and bar; a label that differs from the sample's is said in words, not only
/// by colour. Click or Enter on one activates it.
class NeighbourList : public QWidget {
    Q_OBJECT

public:
    explicit NeighbourList(QWidget* parent = nullptr);

    void showSet(std::shared_ptr<const ProbeSet> set);
    /// -1: none. `earlier` may be null.
    void showNeighbours(int sample, std::shared_ptr<const EmbeddingFrame> frame, std::shared_ptr<const EmbeddingFrame> earlier);

    int sample() const { return m_sample; }
    /// Of the frame shown (column 0) or the earlier one (column 1), nearest first.
    std::vector<int> neighbours(int column) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void sampleActivated(int sample);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    int lines() const;
    int lineHeight() const;
    int headHeight() const;
    int columns() const { return m_frames[1] ? 2 : 1; }
    void paintColumn(QPainter& painter, int column, const QRect& area) const;
    QString labelOf(int sample) const;

    std::shared_ptr<const ProbeSet> m_set;
    std::shared_ptr<const EmbeddingFrame> m_frames[2];  // the one shown, an earlier one
    int m_sample = -1;
    int m_current = 0;  // line, by keys
};

}  // namespace selfsight
