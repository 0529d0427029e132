// Ctrl+Z inside a field.
#pragma once

class QWidget;

namespace selfsight {

/// Undo and redo keys change what is being typed only until it is finished; then they are the window's, whose history
/// knows the value. Without this a line edit or spin box keeps them for as long as it has the focus.
void leaveUndoToWindow(QWidget* field);

}  // namespace selfsight
