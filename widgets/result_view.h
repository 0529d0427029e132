// What a run has learned: the end result when there is one, the newest live figures until then.
#pragma once

#include <QWidget>

#include "core/record/run_state.h"
#include "core/record/snapshot.h"

class QLabel;

namespace selfsight {

class FigureTiles;
class ShareBars;

class ResultView : public QWidget
{
    Q_OBJECT

public:
    explicit ResultView(QWidget* parent = nullptr);

public Q_SLOTS:
    void showResult(const selfsight::RunResult& result);
    void showFigures(const selfsight::Snapshot& snapshot);
    void clearFigures();
    void clear();

private:
    QLabel* m_headline;
    ShareBars* m_knn;
    QLabel* m_knnText;
    QLabel* m_collapse;
    FigureTiles* m_tiles;
};

/// A plain sentence about std * sqrt(d) (1: spread evenly over the sphere, 0: one point) and the effective rank.
QString collapseSentence(const RunResult::Collapse& collapse);

}  // namespace selfsight
