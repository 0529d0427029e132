// Tables of what can be chosen, as forms and `list` show them.
#pragma once

#include <string>
#include <vector>

#include "core/base/schema.h"

namespace selfsight {

/// Something to know about a choice besides its options: {"curve accuracy", "Share of ..."}.
struct Fact {
    std::string subject;
    std::string text;
};

/// One thing of a kind: a method, a backbone, an augmentation, ...
struct Choice {
    std::string key;
    std::string title;
    std::string reference;  // paper; may be empty
    std::string doc;
    const Schema* schema;   // lives as long as the program
    std::vector<Fact> facts = {};
};

/// A top-level key of an experiment. With choices, its `type` names one of them; without, `schema` holds its options.
struct Section {
    std::string key;  // data, backbone, method, optimizer, train, record, fine_tune, distillation
    std::string title;
    std::vector<Choice> choices;
    const Schema* schema = nullptr;

    const Choice* choice(const std::string& type) const;  // nullptr: unknown
    std::vector<std::string> choiceKeys() const;
    /// The schema that `set` is read with; nullptr when its type is unknown.
    const Schema* schemaOf(const OptionSet& set) const;
};

}  // namespace selfsight
