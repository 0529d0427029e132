#include "widgets/undo_keys.h"

#include <QAbstractSpinBox>
#include <QKeyEvent>
#include <QLineEdit>

namespace selfsight {

namespace {

class UndoKeys : public QObject {
public:
    UndoKeys(QWidget* field, QLineEdit* line) : QObject(field), m_line(line) {}

    bool eventFilter(QObject*, QEvent* event) override
    {
        if (event->type() != QEvent::ShortcutOverride || m_line->isModified()) return false;
        const auto* key = static_cast<QKeyEvent*>(event);
        if (!key->matches(QKeySequence::Undo) && !key->matches(QKeySequence::Redo)) return false;
        event->ignore();
        return true;
    }

private:
    QLineEdit* m_line;
};

}  // namespace

void leaveUndoToWindow(QWidget* field)
{
    auto* line = qobject_cast<QLineEdit*>(field);
    auto* box = qobject_cast<QAbstractSpinBox*>(field);
    if (box) line = box->findChild<QLineEdit*>();
    const auto finished = [line] { line->setModified(false); };
    if (box) QObject::connect(box, &QAbstractSpinBox::editingFinished, line, finished);
    else QObject::connect(line, &QLineEdit::editingFinished, line, finished);
    field->installEventFilter(new UndoKeys(field, line));
}

}  // namespace selfsight
