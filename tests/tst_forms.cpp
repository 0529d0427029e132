// The parameter form and the chain editor with made-up schemas: what they show and what they wish.
#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QSlider>
#include <QSpinBox>
#include <QToolButton>
#include <QtTest>

#include "tests/left_behind.h"
#include "widgets/chain_editor.h"
#include "widgets/number_box.h"
#include "widgets/option_editor.h"
#include "widgets/parameter_form.h"

using namespace selfsight;

namespace {

struct MethodOptions {
    double temperature = 0.2;
    std::int64_t projectionSize = 128;
    bool symmetric = true;
    std::string pooling = "mean";
    std::string weights;
    std::vector<double> scales = {0.5, 0.5};
    double weightDecay = 1e-6;
};

const SchemaFor<MethodOptions>& methodSchema()
{
    static const auto table = [] {
        SchemaFor<MethodOptions> s;
        s.add("temperature", &MethodOptions::temperature, "Divides every similarity.")
            .range(0.01, 10)
            .log()
            .live()
            .from("A paper, 5.1");
        s.add("projection_size", &MethodOptions::projectionSize, "Width of the projection.").range(1, 4096).log();
        s.add("symmetric", &MethodOptions::symmetric, "Whether both views are queries.");
        s.addChoice("pooling", &MethodOptions::pooling, {{"mean", std::string("mean")}, {"max", std::string("max")}},
                    "How positions are joined.");
        s.add("weights", &MethodOptions::weights, "Where to begin.").path();
        s.add("scales", &MethodOptions::scales, "One number a channel.");
        s.add("weight_decay", &MethodOptions::weightDecay, "Pulls weights to zero.").range(0, 1).log().advanced();
        return s;
    }();
    return table;
}

struct CropOptions {
    double minScale = 0.2;
    bool enabled = true;
};

const SchemaFor<CropOptions>& cropSchema()
{
    static const auto table = [] {
        SchemaFor<CropOptions> s;
        s.add("min_scale", &CropOptions::minScale, "Smallest share of the area.").range(0, 1);
        s.add("enabled", &CropOptions::enabled, "Off keeps the step.");
        return s;
    }();
    return table;
}

std::vector<Section> madeUpSections()
{
    const Schema* schema = &methodSchema();
    return {{"method",
             "Method",
             {{"first", "First method", "A paper", "Does one thing.", schema},
              {"second", "Second method", "", "Does another.", &cropSchema()}},
             nullptr},
            {"train", "Training", {}, schema}};
}

const std::map<std::string, OptionSet> kDefaults = {{"method", {"first", {}}}, {"train", {}}};

ViewPlan madeUpPlan()
{
    return {.global = {2, 32, {{"crop", {}}, {"flip", {}}, {"blur", {{"min_scale", 0.5}}}}}, .local = {0, 16, {}}};
}

std::vector<Choice> madeUpAugmentations()
{
    return {{"crop", "Crop", "", "Cuts.", &cropSchema()},
            {"flip", "Flip", "", "Mirrors.", &cropSchema()},
            {"blur", "Blur", "", "Softens.", &cropSchema()}};
}

/// The control of an option: `section` and `key` are object names.
template <class T>
T* control(QWidget& form, const char* section, const char* key)
{
    auto* box = form.findChild<QWidget*>(section);
    auto* editor = box ? box->findChild<OptionEditor*>(key) : nullptr;
    return editor ? editor->findChild<T*>() : nullptr;
}

void type(QDoubleSpinBox* box, const char* text)
{
    box->setFocus();
    box->selectAll();
    QTest::keyClicks(box, text);
    QTest::keyClick(box, Qt::Key_Return);
}

}  // namespace

class FormsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { failIfAnythingIsLeftBehind(); }

    void editingTellsKeyPathAndValue();
    void everyKindOfOptionCanBeEdited();
    void aSliderTellsWhenItIsReleased();
    void showingValuesTellsNothing();
    void changedValuesAreBoldAndCanBeReset();
    void searchHidesOtherRows();
    void advancedOptionsHideUntilAskedFor();
    void whileRunningOnlyLiveOptionsCanBeEdited();
    void choosingATypeIsOnlyAWish();
    void anotherTypeBringsItsOwnRows();
    void issuesStandAtTheirRow();
    void anUnreadableListKeepsTheOldOne();
    void theWheelDoesNotChangeAnUnfocusedBox();
    void everyControlHasANameAndTakesTheKeyboard();
    void numbersOfAnySizeAreShownAndStepped();

    void reorderedStepsGiveTheNewPlan();
    void aStepIsSwitchedOffNotLost();
    void stepsAreAddedDuplicatedAndRemoved();
    void aStepsOptionIsEdited();
    void countAndSizeAreEdited();
    void showingThePlanThatWasSentChangesNothing();
    void whileRunningTheChainStaysAsItIs();
    void signalsHaveAWindowAndNoChain();
};

void FormsTest::editingTellsKeyPathAndValue()
{
    ParameterForm form;
    form.setSections(madeUpSections());
    form.showValues(kDefaults);
    QSignalSpy edited(&form, &ParameterForm::valueEdited);
    type(control<QDoubleSpinBox>(form, "method", "temperature"), "0.7");
    QCOMPARE(edited.size(), 1);
    QCOMPARE(edited[0][0].toString(), QString("method.temperature"));
    QVERIFY(edited[0][1].value<Value>() == Value(0.7));
    QCOMPARE(edited[0][2].toBool(), false);
}

void FormsTest::everyKindOfOptionCanBeEdited()
{
    ParameterForm form;
    form.setSections(madeUpSections());
    form.showValues(kDefaults);
    QSignalSpy edited(&form, &ParameterForm::valueEdited);
    const auto last = [&edited] { return edited.last()[1].value<Value>(); };

    type(control<QDoubleSpinBox>(form, "train", "projection_size"), "64");
    QVERIFY(last() == Value(std::int64_t{64}));
    control<QCheckBox>(form, "train", "symmetric")->click();
    QVERIFY(last() == Value(false));
    QTest::keyClick(control<QComboBox>(form, "train", "pooling"), Qt::Key_Down);
    QVERIFY(last() == Value(std::string("max")));
    for (const auto& [key, text, value] : {std::tuple{"weights", "a/b.pth", Value(std::string("a/b.pth"))},
                                           std::tuple{"scales", "1, 2.5", Value(std::vector<double>{1, 2.5})}}) {
        auto* line = control<QLineEdit>(form, "train", key);
        line->selectAll();
        QTest::keyClicks(line, text);
        QTest::keyClick(line, Qt::Key_Return);
        QVERIFY(last() == value);
    }
    QCOMPARE(edited.size(), 5);
    QCOMPARE(edited.last()[0].toString(), QString("train.scales"));
}

void FormsTest::aSliderTellsWhenItIsReleased()
{
    ParameterForm form;
    form.setSections(madeUpSections());
    QSignalSpy edited(&form, &ParameterForm::valueEdited);
    auto* slider = control<QSlider>(form, "method", "temperature");
    slider->setSliderDown(true);
    slider->setValue(slider->maximum() / 2);
    QCOMPARE(edited.last()[2].toBool(), true);
    // A logarithmic slider's middle is the geometric mean of 0.01 and 10.
    QVERIFY(std::abs(std::get<double>(edited.last()[1].value<Value>()) - 0.316) < 0.001);
    slider->setSliderDown(false);
    QCOMPARE(edited.last()[2].toBool(), false);
    QCOMPARE(edited.size(), 2);
}

void FormsTest::showingValuesTellsNothing()
{
    ParameterForm form;
    form.setSections(madeUpSections());
    QSignalSpy edited(&form, &ParameterForm::valueEdited);
    QSignalSpy chosen(&form, &ParameterForm::typeChosen);
    form.showValues({{"method", {"first", {{"temperature", 3.0}, {"symmetric", false}, {"pooling", std::string("max")}}}}});
    QCOMPARE(control<QDoubleSpinBox>(form, "method", "temperature")->value(), 3.0);
    QCOMPARE(control<QCheckBox>(form, "method", "symmetric")->isChecked(), false);
    QCOMPARE(control<QComboBox>(form, "method", "pooling")->currentText(), QString("max"));
    QVERIFY(edited.isEmpty());
    QVERIFY(chosen.isEmpty());
}

void FormsTest::changedValuesAreBoldAndCanBeReset()
{
    ParameterForm form;
    form.setSections(madeUpSections());
    form.showValues(kDefaults);
    auto* method = form.findChild<QWidget*>("method");
    auto* reset = method->findChild<QToolButton*>("reset_temperature");
    const auto boldLabels = [method] {
        QStringList names;
        for (const QLabel* label : method->findChildren<QLabel*>())
            if (label->buddy() && label->font().bold()) names << label->text();
        return names;
    };
    QVERIFY(reset->isHidden());
    QVERIFY(boldLabels().isEmpty());
    form.showValues({{"method", {"first", {{"temperature", 0.5}}}}});
    QVERIFY(!reset->isHidden());
    QCOMPARE(boldLabels(), QStringList{"temperature"});
    QSignalSpy asked(&form, &ParameterForm::resetRequested);
    reset->click();
    QCOMPARE(asked.size(), 1);
    QCOMPARE(asked[0][0].toString(), QString("method.temperature"));
    form.showValues(kDefaults);
    QVERIFY(reset->isHidden());
}

void FormsTest::searchHidesOtherRows()
{
    ParameterForm form;
    form.setSections(madeUpSections());
    form.showValues(kDefaults);
    auto* search = form.findChild<QLineEdit*>("search");
    search->setText("similarity divides");
    QVERIFY(!form.findChild<QWidget*>("method")->findChild<OptionEditor*>("temperature")->isHidden());
    QVERIFY(form.findChild<QWidget*>("method")->findChild<OptionEditor*>("scales")->isHidden());
    search->setText("weight_decay");  // advanced, yet found
    QVERIFY(!form.findChild<QWidget*>("train")->findChild<OptionEditor*>("weight_decay")->isHidden());
    search->setText("training");  // a title shows all its rows
    QVERIFY(form.findChild<QWidget*>("method")->isHidden());
    QVERIFY(!form.findChild<QWidget*>("train")->findChild<OptionEditor*>("scales")->isHidden());
    search->setText("no such words");
    QVERIFY(form.findChild<QWidget*>("train")->isHidden());
    search->clear();
    QVERIFY(!form.findChild<QWidget*>("train")->isHidden());
    QVERIFY(!form.findChild<QWidget*>("method")->findChild<OptionEditor*>("scales")->isHidden());
}

void FormsTest::advancedOptionsHideUntilAskedFor()
{
    ParameterForm form;
    form.setSections(madeUpSections());
    form.showValues(kDefaults);
    auto* editor = form.findChild<QWidget*>("method")->findChild<OptionEditor*>("weight_decay");
    QVERIFY(editor->isHidden());
    form.findChild<QCheckBox*>("advanced")->click();
    QVERIFY(!editor->isHidden());
    form.findChild<QCheckBox*>("advanced")->click();
    QVERIFY(editor->isHidden());
    form.showOption("method.weight_decay");
    QVERIFY(!editor->isHidden());
}

void FormsTest::whileRunningOnlyLiveOptionsCanBeEdited()
{
    ParameterForm form;
    form.setSections(madeUpSections());
    form.showValues(kDefaults);
    form.setRunning(true);
    form.showValues(kDefaults);
    for (const Option& option : methodSchema().options())
        QCOMPARE(
            form.findChild<QWidget*>("method")->findChild<OptionEditor*>(QString::fromStdString(option.key))->isEnabledTo(&form),
            option.live);
    QVERIFY(!form.findChild<QWidget*>("method")->findChild<QComboBox*>("type")->isEnabledTo(&form));
    form.setRunning(false);
    QVERIFY(control<QCheckBox>(form, "method", "symmetric")->isEnabledTo(&form));
}

void FormsTest::choosingATypeIsOnlyAWish()
{
    ParameterForm form;
    form.setSections(madeUpSections());
    form.showValues(kDefaults);
    QSignalSpy chosen(&form, &ParameterForm::typeChosen);
    QTest::keyClick(form.findChild<QWidget*>("method")->findChild<QComboBox*>("type"), Qt::Key_Down);
    QCOMPARE(chosen.size(), 1);
    QCOMPARE(chosen[0][0].toString(), QString("method"));
    QCOMPARE(chosen[0][1].toString(), QString("second"));
    QVERIFY(form.findChild<QWidget*>("method")->findChild<OptionEditor*>("temperature"));
}

void FormsTest::anotherTypeBringsItsOwnRows()
{
    ParameterForm form;
    form.setSections(madeUpSections());
    form.showValues({{"method", {"second", {{"min_scale", 0.4}}}}});
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    QVERIFY(!form.findChild<QWidget*>("method")->findChild<OptionEditor*>("temperature"));
    QCOMPARE(control<QDoubleSpinBox>(form, "method", "min_scale")->value(), 0.4);
    form.showValues({{"method", {"no_such_method", {}}}});
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    QVERIFY(form.findChild<QWidget*>("method")->findChildren<OptionEditor*>().isEmpty());
}

void FormsTest::issuesStandAtTheirRow()
{
    ParameterForm form;
    form.setSections(madeUpSections());
    form.showValues(kDefaults);
    form.showIssues({{Issue::Severity::Error, "", 0, "method.weight_decay", "must not be negative"}});
    auto* problem = form.findChild<QWidget*>("method")->findChild<QLabel*>("problem_weight_decay");
    QVERIFY(!problem->isHidden());
    QVERIFY(problem->text().contains("must not be negative"));
    QVERIFY(problem->text().contains("Error"));
    QVERIFY(!form.findChild<QWidget*>("method")->findChild<OptionEditor*>("weight_decay")->isHidden());
    form.showIssues({});
    QVERIFY(problem->isHidden());
}

void FormsTest::anUnreadableListKeepsTheOldOne()
{
    ParameterForm form;
    form.setSections(madeUpSections());
    form.showValues(kDefaults);
    QSignalSpy edited(&form, &ParameterForm::valueEdited);
    auto* line = control<QLineEdit>(form, "method", "scales");
    line->selectAll();
    QTest::keyClicks(line, "one, two");
    QTest::keyClick(line, Qt::Key_Return);
    QVERIFY(edited.isEmpty());
    QCOMPARE(line->text(), QString("[0.5, 0.5]"));
    QVERIFY(form.findChild<QWidget*>("method")->findChild<QLabel*>("problem_scales")->text().contains("one, two"));
}

void FormsTest::theWheelDoesNotChangeAnUnfocusedBox()
{
    ParameterForm form;
    form.setSections(madeUpSections());
    form.showValues(kDefaults);
    form.show();
    form.focusSearch();
    auto* box = control<QDoubleSpinBox>(form, "method", "temperature");
    const auto turn = [box] {
        QWheelEvent event(QPointF(3, 3), box->mapToGlobal(QPointF(3, 3)), {}, {0, 120}, Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(box, &event);
    };
    turn();
    QCOMPARE(box->value(), 0.2);
    box->setFocus();
    QTRY_VERIFY(box->hasFocus());
    turn();
    QVERIFY(box->value() > 0.2);
}

void FormsTest::everyControlHasANameAndTakesTheKeyboard()
{
    ParameterForm form;
    form.setSections(madeUpSections());
    form.showValues(kDefaults);
    const auto editors = form.findChildren<OptionEditor*>();
    QCOMPARE(editors.size(), 2 * static_cast<int>(methodSchema().options().size()));
    for (const OptionEditor* editor : editors) {
        QVERIFY(editor->toolTip().contains(editor->objectName()));
        QVERIFY(!editor->focusProxy()->accessibleName().isEmpty());
        QVERIFY(editor->focusProxy()->focusPolicy() & Qt::TabFocus);
    }
    const QString toolTip = form.findChild<QWidget*>("method")->findChild<OptionEditor*>("temperature")->toolTip();
    for (const char* part : {"Divides every similarity.", "0.01", "10", "0.2", "A paper, 5.1", "method.temperature"})
        QVERIFY2(toolTip.contains(part), part);
}

void FormsTest::numbersOfAnySizeAreShownAndStepped()
{
    NumberBox decay(*methodSchema().find("weight_decay"));
    decay.setValue(1e-6);
    QCOMPARE(decay.text(), QString("1e-06"));
    decay.stepBy(1);
    QCOMPARE(decay.value(), 1.1e-6);
    decay.setValue(0);
    decay.stepBy(1);
    QVERIFY(decay.value() > 0);
    NumberBox size(*methodSchema().find("projection_size"));
    size.setValue(128);
    size.stepBy(1);
    QCOMPARE(size.value(), 256.0);
    size.stepBy(100);
    QVERIFY(size.value() <= 4096);
    QString text = "12.5";
    int position = 4;
    QCOMPARE(size.validate(text, position), QValidator::Invalid);
}

void FormsTest::reorderedStepsGiveTheNewPlan()
{
    ChainEditor editor;
    editor.setAugmentations(madeUpAugmentations());
    editor.showViews(madeUpPlan());
    QSignalSpy edited(&editor, &ChainEditor::viewsEdited);
    auto* list = editor.findChild<QWidget*>("global")->findChild<QListWidget*>("steps");
    // What dropping the first line below the second does to the list.
    QVERIFY(list->model()->moveRow({}, 0, {}, 2));
    const auto types = [&edited] {
        QStringList result;
        for (const OptionSet& step : edited.last()[0].value<ViewPlan>().global.chain) result << QString::fromStdString(step.type);
        return result.join(' ');
    };
    QCOMPARE(edited.size(), 1);
    QCOMPARE(types(), QString("flip crop blur"));
    list->setCurrentRow(2);
    editor.findChild<QWidget*>("global")->findChild<QAction*>("up")->trigger();
    QCOMPARE(types(), QString("flip blur crop"));
    QCOMPARE(list->currentRow(), 1);
    QVERIFY(edited.last()[0].value<ViewPlan>().global.chain[1].values.at("min_scale") == Value(0.5));
    editor.findChild<QWidget*>("global")->findChild<QAction*>("down")->trigger();
    QCOMPARE(types(), QString("flip crop blur"));
}

void FormsTest::aStepIsSwitchedOffNotLost()
{
    ChainEditor editor;
    editor.setAugmentations(madeUpAugmentations());
    editor.showViews(madeUpPlan());
    QSignalSpy edited(&editor, &ChainEditor::viewsEdited);
    auto* list = editor.findChild<QWidget*>("global")->findChild<QListWidget*>("steps");
    list->item(2)->setCheckState(Qt::Unchecked);
    QCOMPARE(edited.size(), 1);
    ViewPlan wanted = madeUpPlan();
    wanted.global.chain[2].values["enabled"] = false;
    QVERIFY(edited[0][0].value<ViewPlan>() == wanted);
    editor.showViews(wanted);
    QCOMPARE(list->item(2)->checkState(), Qt::Unchecked);
    QCOMPARE(edited.size(), 1);
}

void FormsTest::stepsAreAddedDuplicatedAndRemoved()
{
    ChainEditor editor;
    editor.setAugmentations(madeUpAugmentations());
    editor.showViews(madeUpPlan());
    QSignalSpy edited(&editor, &ChainEditor::viewsEdited);
    auto* global = editor.findChild<QWidget*>("global");
    auto* list = global->findChild<QListWidget*>("steps");
    list->setCurrentRow(2);
    global->findChild<QAction*>("duplicate")->trigger();
    QCOMPARE(list->count(), 4);
    QVERIFY(edited.last()[0].value<ViewPlan>().global.chain[3] == madeUpPlan().global.chain[2]);
    global->findChild<QToolButton*>("add")->menu()->actions()[1]->trigger();
    QCOMPARE(edited.last()[0].value<ViewPlan>().global.chain.back().type, std::string("flip"));
    list->setCurrentRow(0);
    global->findChild<QAction*>("remove")->trigger();
    QCOMPARE(list->count(), 4);
    QCOMPARE(edited.last()[0].value<ViewPlan>().global.chain.front().type, std::string("flip"));
    QCOMPARE(edited.size(), 3);
    QVERIFY(edited.last()[0].value<ViewPlan>().local == madeUpPlan().local);
}

void FormsTest::aStepsOptionIsEdited()
{
    ChainEditor editor;
    editor.setAugmentations(madeUpAugmentations());
    editor.showViews(madeUpPlan());
    QSignalSpy edited(&editor, &ChainEditor::viewsEdited);
    auto* global = editor.findChild<QWidget*>("global");
    global->findChild<QListWidget*>("steps")->setCurrentRow(2);
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    QCOMPARE(control<QDoubleSpinBox>(editor, "global", "min_scale")->value(), 0.5);
    QVERIFY(!global->findChild<OptionEditor*>("enabled"));  // the check box of the list stands for it
    type(control<QDoubleSpinBox>(editor, "global", "min_scale"), "0.25");
    QCOMPARE(edited.size(), 1);
    QVERIFY(edited[0][0].value<ViewPlan>().global.chain[2].values.at("min_scale") == Value(0.25));
    QCOMPARE(edited[0][1].toBool(), false);
    global->findChild<QToolButton*>("reset_min_scale")->click();
    QVERIFY(edited.last()[0].value<ViewPlan>().global.chain[2].values.empty());
}

void FormsTest::countAndSizeAreEdited()
{
    ChainEditor editor;
    editor.setAugmentations(madeUpAugmentations());
    editor.showViews(madeUpPlan());
    QSignalSpy edited(&editor, &ChainEditor::viewsEdited);
    editor.findChild<QWidget*>("local")->findChild<QSpinBox*>("count")->setValue(6);
    editor.findChild<QWidget*>("global")->findChild<QSpinBox*>("size")->setValue(28);
    ViewPlan wanted = madeUpPlan();
    wanted.local.count = 6;
    wanted.global.size = 28;
    QVERIFY(edited.last()[0].value<ViewPlan>() == wanted);
}

void FormsTest::showingThePlanThatWasSentChangesNothing()
{
    ChainEditor editor;
    editor.setAugmentations(madeUpAugmentations());
    editor.showViews(madeUpPlan());
    auto* list = editor.findChild<QWidget*>("global")->findChild<QListWidget*>("steps");
    list->setCurrentRow(1);
    QSignalSpy edited(&editor, &ChainEditor::viewsEdited);
    editor.showViews(madeUpPlan());
    QVERIFY(edited.isEmpty());
    QCOMPARE(list->currentRow(), 1);
    ViewPlan unknown = madeUpPlan();
    unknown.global.chain[0].type = "no_such_step";
    editor.showViews(unknown);
    QVERIFY(list->item(0)->text().contains("no_such_step"));
    QVERIFY(edited.isEmpty());
}

void FormsTest::signalsHaveAWindowAndNoChain()
{
    ChainEditor editor;
    editor.setAugmentations(madeUpAugmentations());
    auto* global = editor.findChild<QWidget*>("global");
    auto* size = global->findChild<QSpinBox*>("size");
    auto* steps = global->findChild<QListWidget*>("steps");
    auto* words = global->findChild<QLabel*>("notForSignals");
    ViewPlan plan;
    plan.global = {.count = 1, .size = 20480, .chain = {}};
    QSignalSpy edited(&editor, &ChainEditor::viewsEdited);
    editor.showViews(plan);
    QVERIFY(steps->isVisibleTo(&editor) && !words->isVisibleTo(&editor));
    editor.setSamples(SampleKind::Signal);
    QVERIFY(!steps->isVisibleTo(&editor) && words->isVisibleTo(&editor));
    QVERIFY(words->text().contains("not for signals"));
    QCOMPARE(size->text(), QString("20480 samples"));
    editor.showViews(madeUpPlan());  // a chain that is written down can be taken away
    QVERIFY(steps->isVisibleTo(&editor));
    editor.setSamples(SampleKind::Image);
    QVERIFY(size->text().endsWith(" px") && !words->isVisibleTo(&editor));
    QVERIFY(edited.isEmpty());
}

void FormsTest::whileRunningTheChainStaysAsItIs()
{
    ChainEditor editor;
    editor.setAugmentations(madeUpAugmentations());
    editor.showViews(madeUpPlan());
    editor.setRunning(true);
    auto* global = editor.findChild<QWidget*>("global");
    for (const char* name : {"duplicate", "remove", "up", "down"}) QVERIFY(!global->findChild<QAction*>(name)->isEnabled());
    QVERIFY(!global->findChild<QSpinBox*>("count")->isEnabledTo(&editor));
    QVERIFY(!(global->findChild<QListWidget*>("steps")->item(0)->flags() & Qt::ItemIsUserCheckable));
    QVERIFY(!control<QDoubleSpinBox>(editor, "global", "min_scale")->isEnabledTo(&editor));
    editor.setRunning(false);
    QVERIFY(global->findChild<QAction*>("remove")->isEnabled());
}

QTEST_MAIN(FormsTest)
#include "tst_forms.moc"
