// Stages of one experiment that come one after the other, each with how far it is and what it reached.
#pragma once

#include <QString>
#include <QTreeWidget>

#include <vector>

namespace selfsight
{

struct StageLine {
    enum class State { Waiting, Training, Measuring, Done };
    QString title;
    State state = State::Waiting;
    double progress = 0;  // 0..1, of what is being done
    QString figure;       // "81.84 %"; empty: not known yet
};

class StageList : public QTreeWidget
{
    Q_OBJECT

public:
    explicit StageList(QWidget* parent = nullptr);

public Q_SLOTS:
    void showStages(const std::vector<selfsight::StageLine>& stages);

Q_SIGNALS:
    /// Double click or Enter: its run is wanted.
    void stageActivated(int stage);
};

}  // namespace selfsight
