// A lesson: two runs that differ in a few values, the curves that tell them apart, and the words that go with them.
//
// Its file is called by its place and its title: 2_temperature.yaml.
//
//   idea: |                              # what is going on; all texts are Markdown
//     ...
//   look_for: |                          # what to watch, where, with which numbers
//   question: ...                        # to think about while it runs
//   seen: |                              # what came out, for those who have thought
//   panels: [loss, accuracy]             # that show both runs
//   curves: [total, knn.top1]            # the ones drawn there; all of them where this is left out
//   experiment: {method: {type: simclr}} # as in a file of its own
//   runs:
//     - {name: sharp}                    # the experiment as it is
//     - {name: blunt, values: {method.temperature: 5}}
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/base/issue.h"
#include "core/config/experiment.h"

namespace selfsight {

struct Lesson {
    std::string title;
    std::string idea, lookFor, question, seen;
    std::vector<std::string> panels;
    std::vector<std::string> curves;  // names of loss terms and figures; empty: all
    std::array<Experiment, 2> runs;   // named as the lesson calls them
};

struct LoadedLesson {
    Lesson lesson;              // meant to be used only when there is no issue
    std::vector<Issue> issues;  // every problem at once, with file, line and key path
};

/// "Queue length" of "lessons/3_queue_length.yaml".
std::string lessonTitle(const std::string& file);

/// `name` stands for the file in issues; `panels` are the keys of those that can show two runs.
LoadedLesson parseLesson(const std::string& yaml, const std::string& name, const Catalog& catalog,
                         const std::vector<std::string>& panels);

}  // namespace selfsight
