// Options that several methods share, with the same words and limits everywhere.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/schema.h"
#include "core/nn/schedule.h"
#include "core/record/run_info.h"

namespace selfsight {

/// T has `double temperature`.
template <class T>
OptionFacts addTemperature(SchemaFor<T>& schema)
{
    return schema.add("temperature", &T::temperature, "Divides every similarity; small values weigh the hardest negatives most.")
        .range(0.01, 100)
        .log()
        .live();
}

/// T has `int hidden, output`.
template <class T>
void addHeadSizes(SchemaFor<T>& schema)
{
    schema.add("hidden", &T::hidden, "Width of the projection head's hidden layers.").range(1, 16384).log();
    schema.add("output", &T::output, "Size of the projections that are compared.").range(1, 65536).log();
}

/// T has `double momentum, finalMomentum`.
template <class T>
void addMomentum(SchemaFor<T>& schema, const std::string& reference)
{
    schema
        .add("momentum", &T::momentum,
             "Share of its own weights the slow network keeps each step; 0 makes it the fast one, whose targets run away.")
        .range(0, 1)
        .from(reference);
    schema.add("final_momentum", &T::finalMomentum, "What the momentum grows to over the run, by half a cosine.")
        .range(0, 1)
        .advanced()
        .from("BYOL, arXiv 2006.07733, 3.2");
}

/// T has `double labelShare; std::int64_t labelSeed`.
template <class T>
void addLabelBudget(SchemaFor<T>& schema, const std::string& doc)
{
    schema.add("label_share", &T::labelShare, doc).range(1e-6, 1).log().from("SimCLR, arXiv 2002.05709, 4.2: 0.01 and 0.1");
    schema.add("label_seed", &T::labelSeed, "Which images these are.").range(0, 4294967295.0).advanced();
}

/// The curves that several methods report.
inline CurveInfo accuracyCurve(const std::string& what)
{
    return {"accuracy", CurveScale::Share, "Share of the rows whose " + what + " scores highest."};
}

inline CurveInfo encoderDistanceCurve()
{
    return {"encoder_distance", CurveScale::Own, "How far the slow network's weights are from the fast one's, relative to their length."};
}

/// The momentum of a step: half a cosine from the first value to the last.
inline double momentumAt(double first, double last, std::int64_t step, std::int64_t totalSteps)
{
    return halfCosine(first, last, static_cast<double>(step) / static_cast<double>(totalSteps));
}

}  // namespace selfsight
