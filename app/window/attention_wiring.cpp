// What the Attention panel, the files opened and the run shown say to each other.
#include <QFileInfo>

#include "app/window/attention_panel.h"
#include "app/window/main_window.h"
#include "app/window/wiring.h"
#include "core/data/image_file.h"
#include "widgets/attention_view.h"

namespace selfsight {

void wireAttention(MainWindow& window)
{
    AttentionView& view = *window.panels().attention;
    FileCommands& files = window.files();
    auto* panel = new AttentionPanel(window.catalog(), window.session(), view, &window);

    QObject::connect(&window.slider(), &TimeSlider::stepChosen, panel, &AttentionPanel::showStep);
    QObject::connect(&window.slider(), &TimeSlider::newestChosen, panel, &AttentionPanel::showNewest);
    QObject::connect(&files, &FileCommands::imageOpened, panel, [&window, panel](const QString& file) {
        window.layout().show("attention");
        panel->openImages({file});
    });
    QObject::connect(&files, &FileCommands::attentiveWeightsOpened, panel, [&window, panel](const QString& file, const QString& matched) {
        window.layout().show("attention");
        panel->openWeights(file, matched);
    });
    QObject::connect(&view, &AttentionView::filesGiven, panel, [&files, panel](const QStringList& paths) {
        QStringList pictures;
        for (const QString& path : paths) {
            if (QFileInfo(path).isDir() || hasImageExtension(path.toStdString())) pictures << path;
            else files.open(path);
        }
        if (!pictures.isEmpty()) panel->openImages(pictures);
    });
    QObject::connect(&view, &AttentionView::openRequested, &files, &FileCommands::askAndOpen);
    QObject::connect(&view, &AttentionView::helpRequested, &window, &MainWindow::showHelp);
    QObject::connect(&view, &AttentionView::message, &window, &MainWindow::showMessage);
    QObject::connect(panel, &AttentionPanel::message, &window, &MainWindow::showMessage);
    QObject::connect(panel, &AttentionPanel::weightsWanted, &files, &FileCommands::showWeights);
}

}  // namespace selfsight
