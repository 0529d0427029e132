// Who listens to whom. Every connection between two parts of the window is made here.
#pragma once

namespace selfsight {

class EmbeddingFilm;
class EmbeddingView;
class LessonWindow;
class MainWindow;
class RunOverlay;
class Session;
struct Panels;

void wire(MainWindow& window);

/// A run's way to the panels that show it: all that a report needs. `overlay`: other runs in the same plots; nullptr: none.
void wireRun(Session& session, Panels& panels, RunOverlay* overlay = nullptr);

/// A run's features -> film -> the Embedding panel.
void wireFilm(Session& session, EmbeddingFilm& film, EmbeddingView& view);

/// The Runs panel, the stored runs, and those of them that are drawn beside the one shown.
void wireRunList(MainWindow& window);

/// The Evaluation panel: judges the run shown, and looks closer at its images.
void wireEvaluation(MainWindow& window);

/// The Attention panel: whose attention is shown, of which images, at which step.
void wireAttention(MainWindow& window);

/// A lesson's own window, and what it asks of the main one.
void wireLesson(LessonWindow& lesson, MainWindow& window);

}  // namespace selfsight
