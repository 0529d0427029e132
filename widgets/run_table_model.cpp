#include "widgets/run_table_model.h"

#include <QApplication>
#include <QDateTime>
#include <QLocale>
#include <QPixmap>

#include <algorithm>
#include <set>

#include "widgets/theme.h"

namespace selfsight {

namespace {

QStringList titles()
{
    return {RunTableModel::tr("Run"),      RunTableModel::tr("Branched"), RunTableModel::tr("State"),  RunTableModel::tr("Method"),  RunTableModel::tr("Data"),
            RunTableModel::tr("Steps"),    RunTableModel::tr("kNN now"), RunTableModel::tr("kNN best"), RunTableModel::tr("kNN"),
            RunTableModel::tr("Linear"),   RunTableModel::tr("Spread"), RunTableModel::tr("Started"), RunTableModel::tr("Tags")};
}

QString columnDoc(int column)
{
    switch (column) {
    case RunTableModel::Title: return RunTableModel::tr("A tick draws the run in the plots. F2 gives it another name.");
    case RunTableModel::Branch: return RunTableModel::tr("At which step it left the run above it, and what was changed then.");
    case RunTableModel::KnnNow: return RunTableModel::tr("The newest kNN accuracy on a subset, while it trained.");
    case RunTableModel::KnnBest: return RunTableModel::tr("The best kNN accuracy on a subset, while it trained.");
    case RunTableModel::Knn: return RunTableModel::tr("kNN accuracy on everything, at the end.");
    case RunTableModel::Linear: return RunTableModel::tr("Accuracy of a linear classifier on the frozen features, at the end.");
    case RunTableModel::Spread: return RunTableModel::tr("std·√d at the end: 1 is even, near 0 is collapse.");
    case RunTableModel::Tags: return RunTableModel::tr("Words of your own, separated by commas. F2 changes them.");
    default: return {};
    }
}

std::optional<double> number(const RunRow& row, int column)
{
    switch (column) {
    case RunTableModel::Steps: return row.steps;
    case RunTableModel::KnnNow: return row.knnNow;
    case RunTableModel::KnnBest: return row.knnBest;
    case RunTableModel::Knn: return row.knn;
    case RunTableModel::Linear: return row.linear;
    case RunTableModel::Spread: return row.spread;
    default: return std::nullopt;
    }
}

bool isNumber(int column)
{
    return column >= RunTableModel::Steps && column <= RunTableModel::Spread;
}

QString numberText(double value, int column)
{
    if (column == RunTableModel::Steps) return QLocale().toString(static_cast<qlonglong>(value));
    if (column == RunTableModel::Spread) return QString::number(value, 'f', 2);
    return RunTableModel::tr("%1 %").arg(100 * value, 0, 'f', 1);
}

QPixmap swatch(const QColor& colour)
{
    QPixmap pixmap(12, 12);
    pixmap.fill(colour);
    return pixmap;
}

}  // namespace

void RunTableModel::setRows(std::vector<RunRow> rows)
{
    beginResetModel();
    m_rows = std::move(rows);
    std::map<QString, std::set<QString>> values;
    for (const RunRow& row : m_rows)
        for (const auto& [key, value] : row.options) values[key].insert(value);
    m_options.clear();
    for (const auto& [key, seen] : values) {
        const auto without = std::any_of(m_rows.begin(), m_rows.end(), [&key = key](const RunRow& row) { return !row.options.count(key); });
        if (key != "method.type" && key != "data.type" && (seen.size() > 1 || without)) m_options << key;
    }
    endResetModel();
}

std::vector<int> RunTableModel::pathTo(int row) const
{
    std::vector<int> path = {row};
    while (path.size() <= m_rows.size()) {
        const QString& parent = m_rows[static_cast<std::size_t>(path.front())].parent;
        const auto above = std::find_if(m_rows.begin(), m_rows.end(), [&parent](const RunRow& each) { return !parent.isEmpty() && each.id == parent; });
        const int found = static_cast<int>(above - m_rows.begin());
        if (above == m_rows.end() || std::find(path.begin(), path.end(), found) != path.end()) break;
        path.insert(path.begin(), found);
    }
    return path;
}

bool RunTableModel::hasBranches() const
{
    return std::any_of(m_rows.begin(), m_rows.end(), [](const RunRow& row) { return !row.branch.isEmpty(); });
}

int RunTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int RunTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : FirstOption + static_cast<int>(m_options.size());
}

QVariant RunTableModel::text(const RunRow& row, int column) const
{
    if (const auto value = number(row, column)) return numberText(*value, column);
    switch (column) {
    case Title: return row.title;
    case Branch: return row.branch;
    case State: return row.problem.isEmpty() ? row.state : tr("%1 (damaged)").arg(row.state);
    case Method: return row.method;
    case Data: return row.data;
    case Started: return row.startedAt > 0 ? QLocale().toString(QDateTime::fromSecsSinceEpoch(row.startedAt), QLocale::ShortFormat) : QString();
    case Tags: return row.tags.join(", ");
    default: break;
    }
    if (column < FirstOption) return {};
    const auto option = row.options.find(m_options[column - FirstOption]);
    return option == row.options.end() ? QString() : option->second;
}

QVariant RunTableModel::sortKey(const RunRow& row, int column) const
{
    if (isNumber(column)) return number(row, column).value_or(-1e300);
    if (column == Started) return row.startedAt;
    const QString words = text(row, column).toString();
    bool isReal = false;
    const double real = words.toDouble(&isReal);
    return isReal ? QVariant(real) : QVariant(words);
}

QString RunTableModel::toolTip(const RunRow& row, int column) const
{
    if (!row.problem.isEmpty()) return row.problem;
    if (column != Title) return {};
    QStringList lines = {row.id};
    for (const auto& [key, value] : row.options) lines << key + ": " + value;
    return lines.join('\n');
}

QVariant RunTableModel::data(const QModelIndex& index, int role) const
{
    const RunRow& row = m_rows[static_cast<std::size_t>(index.row())];
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole: {
        const std::size_t depth = column == Title ? pathTo(index.row()).size() - 1 : 0;
        return depth == 0 ? text(row, column) : QString(4 * static_cast<int>(depth) - 4, QChar(0x2003)) + "└ " + text(row, column).toString();
    }
    case Qt::EditRole: return text(row, column);
    case kSortRole: return sortKey(row, column);
    case kSearchRole: {
        QStringList words = {row.title, row.branch, row.state, row.method, row.data, row.tags.join(' ')};
        for (const auto& [key, value] : row.options) words << key + '=' + value;
        return words.join(' ');
    }
    case Qt::ToolTipRole: return toolTip(row, column);
    case Qt::TextAlignmentRole: return isNumber(column) ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case Qt::CheckStateRole: return column == Title ? QVariant(row.shown ? Qt::Checked : Qt::Unchecked) : QVariant();
    case Qt::DecorationRole:
        return column == Title && row.shown && row.colour >= 0 ? QVariant(swatch(plotColour(row.colour, QApplication::palette()))) : QVariant();
    case Qt::ForegroundRole:
        return column == State && !row.problem.isEmpty() ? QVariant(toneColour(Tone::Error, QApplication::palette())) : QVariant();
    default: return {};
    }
}

QVariant RunTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal) return {};
    const bool isOption = section >= FirstOption;
    if (role == Qt::ToolTipRole) return isOption ? m_options[section - FirstOption] : columnDoc(section);
    if (role != Qt::DisplayRole) return {};
    return isOption ? m_options[section - FirstOption].section('.', 1) : titles()[section];
}

Qt::ItemFlags RunTableModel::flags(const QModelIndex& index) const
{
    Qt::ItemFlags flags = Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren;
    if (index.column() == Title) flags |= Qt::ItemIsUserCheckable;
    if (index.column() == Title || index.column() == Tags) flags |= Qt::ItemIsEditable;
    return flags;
}

bool RunTableModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    const RunRow& row = m_rows[static_cast<std::size_t>(index.row())];
    if (role == Qt::CheckStateRole) Q_EMIT shownToggled(row.id, value.toInt() == Qt::Checked);
    if (role == Qt::EditRole && index.column() == Title && value.toString().trimmed() != row.title)
        Q_EMIT titleEdited(row.id, value.toString().trimmed());
    if (role == Qt::EditRole && index.column() == Tags) {
        QStringList tags;
        for (const QString& tag : value.toString().split(',', Qt::SkipEmptyParts))
            if (!tag.trimmed().isEmpty()) tags << tag.trimmed();
        tags.removeDuplicates();
        if (tags != row.tags) Q_EMIT tagsEdited(row.id, tags);
    }
    return true;
}

}  // namespace selfsight
