#include "app/window/weights_dialog.h"

#include <QDialogButtonBox>
#include <QFileInfo>
#include <QLabel>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <map>

namespace selfsight
{

namespace
{

QString toQt(const std::string& text)
{
    return QString::fromStdString(text);
}

QString shapeOf(const std::vector<std::int64_t>& shape)
{
    QStringList sizes;
    for (const std::int64_t size : shape) sizes += QString::number(size);
    return sizes.join(QStringLiteral(" × "));
}

/// A heading and its lines; nothing where there are none.
void addList(QStringList& text, const QString& heading, const std::vector<std::string>& lines)
{
    constexpr std::size_t kShown = 8;
    if (lines.empty()) return;
    QStringList shown;
    for (std::size_t i = 0; i < std::min(kShown, lines.size()); ++i) shown += toQt(lines[i]).toHtmlEscaped();
    if (lines.size() > kShown) shown += WeightsDialog::tr("and %1 more").arg(lines.size() - kShown);
    text += QStringLiteral("<p><b>%1</b><br>%2</p>").arg(heading.toHtmlEscaped(), shown.join(QStringLiteral("<br>")));
}

QString textOf(const WeightsReport& report)
{
    QStringList text{QStringLiteral("<p><b>%1</b></p>").arg(toQt(report.summary()).toHtmlEscaped()),
                     WeightsDialog::tr("<p>%1, %2 tensors. Nothing in the file was executed.</p>")
                         .arg(toQt(report.format))
                         .arg(report.tensors.size())};
    addList(text, WeightsDialog::tr("To know"), report.notes);
    if (report.recognized) addList(text, WeightsDialog::tr("Deduced"), report.recognized->deduced);
    addList(text, WeightsDialog::tr("Missing in the file"), report.match.missing);
    addList(text, WeightsDialog::tr("Of another shape"), report.match.mismatched);
    std::vector<std::string> unread;
    for (const auto& [name, why] : report.unread) unread.push_back(name + " " + why);
    addList(text, WeightsDialog::tr("Not read"), unread);
    return text.join(QString());
}

}  // namespace

WeightsDialog::WeightsDialog(const QString& file, QWidget* parent)
    : QDialog(parent),
      m_summary(new QLabel(tr("Reading %1…").arg(QFileInfo(file).fileName()))),
      m_tensors(new QTreeWidget),
      m_train(new QPushButton(tr("&Start a training from these weights"))),
      m_job([this](WeightsReport report) { show(report); },
            [this](const QString& sentence) {
                Q_EMIT failed(sentence);
                close();
            })
{
    setAttribute(Qt::WA_DeleteOnClose);
    setObjectName("weights");
    setWindowTitle(tr("Weights: %1").arg(QFileInfo(file).fileName()));
    m_summary->setWordWrap(true);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_tensors->setHeaderLabels({tr("In the file"), tr("Numbers"), tr("Shape"), tr("In the network")});
    m_tensors->setRootIsDecorated(false);
    m_tensors->setUniformRowHeights(true);
    m_tensors->setAccessibleName(tr("Tensors of the file"));
    m_train->setEnabled(false);
    m_train->setToolTip(
        tr("The experiment takes this network as its backbone and begins with its weights; one undo takes it back."));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    buttons->addButton(m_train, QDialogButtonBox::ActionRole);
    auto* column = new QVBoxLayout(this);
    column->addWidget(m_summary);
    column->addWidget(m_tensors, 1);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    connect(m_train, &QPushButton::clicked, this, [this] {
        Q_EMIT trainingWanted(m_report);
        close();
    });
    resize(760, 600);
    m_job.start([path = file.toStdString()](const LatestJob<WeightsReport>::IsCancelled&) { return inspectWeights(path); });
}

void WeightsDialog::show(const WeightsReport& report)
{
    m_report = report;
    m_summary->setText(textOf(report));
    std::map<std::string, std::string> targets;
    for (const WeightSource& source : report.match.matched)
        for (const std::string& name : source.names) targets[name] = source.target;
    QList<QTreeWidgetItem*> rows;
    for (const WeightTensor& tensor : report.tensors) {
        const auto target = targets.find(tensor.name);
        rows += new QTreeWidgetItem({toQt(tensor.name), nameOf(tensor.dtype), shapeOf(tensor.shape),
                                     target == targets.end() ? tr("not used") : toQt(target->second)});
    }
    m_tensors->addTopLevelItems(rows);
    m_tensors->resizeColumnToContents(0);
    m_train->setEnabled(report.recognized && report.match.isWhole());
}

}  // namespace selfsight
