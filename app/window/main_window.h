// The window: owns the parts, gives them a place, asks before it closes. What the parts say to each other is in
// wiring.cpp, what the menus do in menus.cpp.
#pragma once

#include <QMainWindow>
#include <QPointer>

#include <functional>

#include "app/window/branching.h"
#include "app/window/dock_layout.h"
#include "app/window/embedding_film.h"
#include "app/window/experiment_document.h"
#include "app/window/file_commands.h"
#include "app/window/panels.h"
#include "app/window/plot_clock.h"
#include "app/window/preview.h"
#include "app/window/run_list.h"
#include "app/window/run_overlay.h"
#include "app/window/run_time.h"
#include "app/window/session.h"
#include "app/window/sweep_session.h"
#include "widgets/theme.h"

namespace selfsight {

class Banner;
class HelpWindow;
class LessonWindow;
class RunControls;

class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    /// Lifetime: the catalog outlives the window.
    explicit MainWindow(const Catalog& catalog);
    ~MainWindow() override;

    const Catalog& catalog() const { return m_catalog; }
    ExperimentDocument& document() { return m_document; }
    Session& session() { return m_session; }
    SweepSession& sweep() { return m_sweep; }
    Preview& preview() { return m_preview; }
    Panels& panels() { return m_panels; }
    PlotClock& plotClock() { return m_plotClock; }
    DockLayout& layout() { return m_layout; }
    FileCommands& files() { return m_files; }
    RunList& runs() { return m_runs; }
    EmbeddingFilm& film() { return m_film; }
    RunOverlay& overlay() { return m_overlay; }
    RunTime& time() { return m_time; }
    TimeSlider& slider() { return *m_slider; }
    Branching& branching() { return m_branching; }
    RunControls& controls() { return *m_controls; }
    Banner& banner() { return *m_banner; }

    /// The experiment in a new run folder; a banner says what forbids it.
    void startTraining();
    void setTheme(Theme theme);

    /// In the banner, as soon as the list of runs knows: a run that another program still trains, to watch or to stop, or one that was cut
    /// off by a crash or a power cut, to go on with.
    void offerLeftRun();

    /// A training is stopped and saved, then the program exits with that code.
    void saveAndExit(int code);

    /// In a window of its own, one at a time: another one's runs are stopped.
    void openLesson(const QString& file);
    LessonWindow* lesson() const;  // nullptr: none is open
    /// Unless a training runs here: two at once would slow each other down.
    void startLesson(LessonWindow& lesson);

    /// Its points in the Sweep panel; runs that are finished are found again.
    void openSweep(const QString& file);
    /// Unless something else trains.
    void startSweep();

public Q_SLOTS:
    /// "curves.md"
    void showHelp(const QString& page);
    /// Its values, undoably in place of those being edited.
    void tryExperiment(const Experiment& experiment);
    /// "Branch here": `folder`'s run as it was at its nearest checkpoint at or before `step`, with values to change, until Start trains it
    /// as a new run. A run that trains is stopped first, where the user wants that.
    void branchFrom(const QString& folder, qint64 step);
    void showBranch();  // in the banner, or that there is none
    void acceptOffer();
    void acceptOther();
    void declineOffer();
    /// Of the run that is shown, wherever it is trained.
    void stopTraining();
    void updateTitle();
    void showError(const QString& sentence);
    void showMessage(const QString& sentence);

protected:
    void showEvent(QShowEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    enum class Leave { Stay, Now, AfterSaving, AfterTraining, WithoutSaving };
    Leave askHowToLeave();
    /// In the banner; what is done when one of its buttons is pressed, or when it is declined. Anything else that is shown there takes its place.
    struct Choice {
        QString words;  // empty: there is no such button
        std::function<void()> taken;
    };
    struct Offer {
        Choice first, other;
        std::function<void()> declined;
    };
    void offer(Tone tone, const QString& text, Offer offer);
    void accept(Choice Offer::*choice);
    void offerAnyLeftRun();
    void stopElsewhere(const QString& folder);
    bool isTraining() const { return m_session.isTraining() || m_sweep.isTraining(); }

    const Catalog& m_catalog;
    ExperimentDocument m_document;
    Session m_session;
    EmbeddingFilm m_film{m_session};
    SweepSession m_sweep;
    Preview m_preview;
    Panels m_panels;
    PlotClock m_plotClock;
    DockLayout m_layout;
    FileCommands m_files;
    RunList m_runs;
    RunOverlay m_overlay;
    Branching m_branching;
    TimeSlider* m_slider;
    RunTime m_time;
    Banner* m_banner;
    RunControls* m_controls;
    HelpWindow* m_help = nullptr;  // once asked for
    QPointer<LessonWindow> m_lesson;
    bool m_closing = false;  // agreed to; as soon as the training is over
    Offer m_offer;           // that the banner makes
    bool m_lookingForLeftRun = false;
    std::optional<std::pair<QString, qint64>> m_nextBranch;  // run and step, when the training is over
};

}  // namespace selfsight
