// The entries of optimizers(): one file each.
#pragma once

#include "core/nn/learning_rate.h"
#include "core/nn/optimizer.h"

namespace selfsight {

OptimizerInfo sgdInfo();
OptimizerInfo adamInfo();
OptimizerInfo adamWInfo();
OptimizerInfo larsInfo();

/// The entry of an optimiser O built from options T, which derive from RateOptions: `O(const T&, groups)`.
template <class O, class T>
OptimizerInfo optimizerInfo(const std::string& key, const std::string& title, const std::string& reference, const std::string& doc,
                            const SchemaFor<T>& schema)
{
    return {key, title, reference, doc, &schema,
            [&schema](const OptionSet& set, std::vector<ParameterGroup> groups) {
                return std::make_unique<O>(schema.read(set), std::move(groups));
            },
            [&schema](const OptionSet& set, std::int64_t step, std::int64_t totalSteps, std::int64_t stepsPerEpoch) {
                return learningRate(schema.read(set), step, totalSteps, stepsPerEpoch);
            }};
}

}  // namespace selfsight
