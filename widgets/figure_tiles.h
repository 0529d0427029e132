// The newest figure of every probe as a tile: name, number, what it was measured on.
#pragma once

#include <QWidget>

#include <map>
#include <string>
#include <vector>

#include "core/record/snapshot.h"

class QGridLayout;
class QLabel;

namespace selfsight {

class FigureTiles : public QWidget
{
    Q_OBJECT

public:
    explicit FigureTiles(QWidget* parent = nullptr);

public Q_SLOTS:
    /// Figures that a snapshot does not have keep their last value and its step.
    void showFigures(const selfsight::Snapshot& snapshot);
    void clear();

private:
    struct Tile {
        QWidget* frame;
        QLabel* value;
        QLabel* note;
    };

    Tile& tileOf(const std::string& name);

    QGridLayout* m_grid;
    QLabel* m_empty;
    std::map<std::string, Tile> m_tiles;
};

}  // namespace selfsight
