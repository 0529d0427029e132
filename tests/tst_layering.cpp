// The arrows between the rooms, checked on the source text: who may include whom, and which library belongs where.
#include <QtTest>

#include <QDirIterator>

namespace {

const QString kRoot = SELFSIGHT_SOURCE;

/// A room and the rooms that it may include besides itself.
const QMap<QString, QStringList>& allowed()
{
    static const QMap<QString, QStringList> arrows = {
        {"core/base", {}},
        {"core/record", {"core/base"}},
        {"core/config", {"core/base"}},
        {"core/io", {"core/base"}},
        {"core/augment", {"core/base"}},
        {"core/nn", {"core/base"}},
        {"core/analysis", {"core/nn", "core/base"}},
        {"core/data", {"core/augment", "core/io", "core/base"}},
        {"core/methods", {"core/nn", "core/record", "core/base"}},
        {"core/runs", {"core/io", "core/config", "core/record", "core/base"}},
        {"core/verify", {"core/methods", "core/nn", "core/analysis", "core/augment", "core/io", "core/base"}},
        {"core/train",
         {"core/methods", "core/data", "core/augment", "core/nn", "core/analysis", "core/runs", "core/io", "core/config", "core/record", "core/base"}},
        {"core/export",
         {"core/train", "core/methods", "core/data", "core/augment", "core/nn", "core/runs", "core/io", "core/config", "core/record", "core/base"}},
        {"core/evaluate",
         {"core/export", "core/train", "core/methods", "core/data", "core/augment", "core/nn", "core/analysis", "core/runs", "core/io", "core/config", "core/record",
          "core/base"}},
        // the file core/catalog.*: the schemas of all registries
        {"core", {"core/config", "core/base", "core/methods", "core/data", "core/augment", "core/nn", "core/train", "core/evaluate"}},
        {"widgets", {"core/base", "core/record"}},
    };
    return arrows;
}

/// "core/base" of "core/base/error.h", "core" of "core/catalog.h", "app" of everything in app.
QString roomOf(const QString& file)
{
    const QStringList parts = file.split('/');
    return parts[0] == "core" && parts.size() > 2 ? parts[0] + '/' + parts[1] : parts[0];
}

struct Include {
    QString file;
    int line;
    QString target;
    bool own;  // in quotes
};

QString read(const QString& file)
{
    QFile stream(kRoot + '/' + file);
    return stream.open(QIODevice::ReadOnly) ? QString::fromUtf8(stream.readAll()) : QString();
}

QList<Include> includesIn(const QString& file, const QString& text)
{
    static const QRegularExpression pattern(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
    QList<Include> includes;
    const QStringList lines = text.split('\n');
    for (int i = 0; i < lines.size(); ++i)
        if (const auto match = pattern.match(lines[i]); match.hasMatch()) includes << Include{file, i + 1, match.captured(2), match.captured(1) == "\""};
    return includes;
}

QStringList filesIn(const QStringList& folders, const QStringList& patterns)
{
    QStringList files;
    for (const QString& folder : folders) {
        QDirIterator each(kRoot + '/' + folder, patterns, QDir::Files, QDirIterator::Subdirectories);
        while (each.hasNext()) files << each.next().mid(kRoot.size() + 1);
    }
    files.sort();
    return files;
}

bool isTorch(const QString& header)
{
    static const QRegularExpression pattern("^(torch|ATen|c10|caffe2)/");
    return pattern.match(header).hasMatch();
}

bool isOpenCv(const QString& header)
{
    return header.startsWith("opencv2/");
}

bool isQt(const QString& header)
{
    static const QRegularExpression pattern("^(Q[A-Z]|Qt|q[a-z]+\\.h$)");
    return pattern.match(header).hasMatch();
}

/// Empty, or the arrow that `include` must not draw. `reachesTorch` tells of an own header whether it includes torch,
/// directly or through others.
QString forbidden(const Include& include, const std::function<bool(const QString&)>& reachesTorch)
{
    const QString from = roomOf(include.file);
    const bool isHeader = include.file.endsWith(".h");
    if (!include.own) {
        if (from.startsWith("core") && isQt(include.target)) return from + " -> Qt";
        if ((from == "widgets" || from == "app") && isTorch(include.target)) return from + " -> torch";
        if ((from == "widgets" || from == "app") && isHeader && isOpenCv(include.target)) return from + "'s header -> OpenCV";
        if (from != "core/config" && include.target.startsWith("yaml-cpp/")) return from + " -> yaml-cpp";
        return {};
    }
    const QString to = roomOf(include.target);
    if (from == "app") {
        if (to != "app" && to != "widgets" && !to.startsWith("core")) return from + " -> " + to;
        return reachesTorch(include.target) ? from + " -> torch (through " + include.target + ")" : QString();
    }
    if (to == from) return {};
    if (include.target == "core/catalog.h") return from + " -> core/catalog.h, which only app may include";
    return allowed().value(from).contains(to) ? QString() : from + " -> " + to;
}

}  // namespace

class TestLayering : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theCheckerSeesForbiddenArrows_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("line");
        QTest::addColumn<bool>("isForbidden");
        QTest::newRow("base includes base") << "core/base/a.cpp" << "#include \"core/base/b.h\"" << false;
        QTest::newRow("base includes record") << "core/base/a.cpp" << "#include \"core/record/b.h\"" << true;
        QTest::newRow("methods include the trainer") << "core/methods/a.cpp" << "#include \"core/train/trainer.h\"" << true;
        QTest::newRow("methods include data") << "core/methods/a.h" << "#include \"core/data/data_set.h\"" << true;
        QTest::newRow("train includes methods") << "core/train/a.cpp" << "#include \"core/methods/method.h\"" << false;
        QTest::newRow("core includes Qt") << "core/io/a.cpp" << "#include <QString>" << true;
        QTest::newRow("core includes Qt by module") << "core/io/a.cpp" << "# include <QtCore/QString>" << true;
        QTest::newRow("core includes widgets") << "core/io/a.cpp" << "#include \"widgets/a.h\"" << true;
        QTest::newRow("core includes app") << "core/train/a.cpp" << "#include \"app/presets.h\"" << true;
        QTest::newRow("widgets include record") << "widgets/a.h" << "#include \"core/record/run_source.h\"" << false;
        QTest::newRow("widgets include the trainer") << "widgets/a.cpp" << "#include \"core/train/trainer.h\"" << true;
        QTest::newRow("widgets include the catalog") << "widgets/a.cpp" << "#include \"core/catalog.h\"" << true;
        QTest::newRow("widgets include torch") << "widgets/a.cpp" << "#include <torch/types.h>" << true;
        QTest::newRow("widgets' header includes OpenCV") << "widgets/a.h" << "#include <opencv2/core.hpp>" << true;
        QTest::newRow("app includes the trainer") << "app/window/a.cpp" << "#include \"core/train/trainer.h\"" << false;
        QTest::newRow("app includes a torch header of core") << "app/window/a.cpp" << "#include \"core/nn/backbone.h\"" << true;
        QTest::newRow("app includes the tests") << "app/cli/a.cpp" << "#include \"tests/fixture.h\"" << true;
        QTest::newRow("runs include yaml-cpp") << "core/runs/a.cpp" << "#include <yaml-cpp/yaml.h>" << true;
        QTest::newRow("config includes yaml-cpp") << "core/config/a.cpp" << "#include <yaml-cpp/yaml.h>" << false;
        QTest::newRow("the catalog includes the methods") << "core/catalog.cpp" << "#include \"core/methods/method.h\"" << false;
    }

    void theCheckerSeesForbiddenArrows()
    {
        QFETCH(QString, file);
        QFETCH(QString, line);
        QFETCH(bool, isForbidden);
        const QList<Include> includes = includesIn(file, "// a comment\n" + line + '\n');
        QCOMPARE(includes.size(), 1);
        QCOMPARE(includes[0].line, 2);
        const QString arrow = forbidden(includes[0], [this](const QString& header) { return reachesTorch(header); });
        QVERIFY2(arrow.isEmpty() != isForbidden, qPrintable(arrow));
    }

    void noFileDrawsAForbiddenArrow()
    {
        const QStringList files = filesIn({"app", "core", "widgets"}, {"*.h", "*.cpp"});
        QVERIFY(files.size() > 20);
        QStringList found;
        for (const QString& file : files) {
            for (const Include& include : includesIn(file, read(file))) {
                const QString arrow = forbidden(include, [this](const QString& header) { return reachesTorch(header); });
                if (!arrow.isEmpty()) found << QString("%1:%2: %3").arg(file).arg(include.line).arg(arrow);
            }
        }
        QVERIFY2(found.isEmpty(), qPrintable('\n' + found.join('\n')));
    }

    void ownIncludesAreWrittenFromTheRoot()
    {
        QStringList found;
        for (const QString& file : filesIn({"app", "core", "widgets", "tests"}, {"*.h", "*.cpp"}))
            for (const Include& include : includesIn(file, read(file)))
                if (include.own && !include.target.endsWith(".moc") && !QFile::exists(kRoot + '/' + include.target))
                    found << QString("%1:%2: %3 is not a path from the root").arg(file).arg(include.line).arg(include.target);
        QVERIFY2(found.isEmpty(), qPrintable('\n' + found.join('\n')));
    }

    void nothingIsLeftToDo()
    {
        const QRegularExpression unfinished(QString("\\b(TO%1|FIX%2|XX%3)\\b").arg("DO", "ME", "X"));
        QStringList found;
        for (const QString& file : filesIn({"app", "core", "widgets", "tests", "presets", "resources"},
                                           {"*.h", "*.cpp", "*.yaml", "CMakeLists.txt", "*.sh", "*.md"})) {
            const QStringList lines = read(file).split('\n');
            for (int i = 0; i < lines.size(); ++i)
                if (unfinished.match(lines[i]).hasMatch()) found << QString("%1:%2: %3").arg(file).arg(i + 1).arg(lines[i].trimmed());
        }
        QVERIFY2(found.isEmpty(), qPrintable('\n' + found.join('\n')));
    }

private:
    bool reachesTorch(const QString& header)
    {
        if (const auto known = m_reachesTorch.constFind(header); known != m_reachesTorch.constEnd()) return *known;
        m_reachesTorch[header] = false;  // ends the walk around a circle
        bool reaches = false;
        for (const Include& include : includesIn(header, read(header)))
            reaches = reaches || isTorch(include.target) || (include.own && reachesTorch(include.target));
        return m_reachesTorch[header] = reaches;
    }

    QHash<QString, bool> m_reachesTorch;
};

QTEST_GUILESS_MAIN(TestLayering)
#include "tst_layering.moc"
