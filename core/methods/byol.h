// What BYOL and BYOL without batch statistics share.
#pragma once

#include "core/methods/common_options.h"
#include "core/methods/method.h"
#include "core/nn/projection_head.h"

namespace selfsight {

struct ByolOptions {
    int hidden = 1024;
    int output = 256;
    int predictorHidden = 1024;
    bool predictor = true;
    double momentum = 0.99;
    double finalMomentum = 1;
    HeadNorm headNorm = HeadNorm::Batch;
    bool centredStart = false;
};

/// T derives from ByolOptions and sets its own defaults.
template <class T>
SchemaFor<T> byolTable()
{
    SchemaFor<T> s;
    addMomentum(s, "BYOL, arXiv 2006.07733, table 5a: 0.99 for short, 0.996 for long runs; 0 and 1 fail");
    s.add("predictor", &T::predictor, "The small network from one view's projection to the other's. Without it all outputs become one.")
        .from("BYOL, table 5b: 0.2 % without");
    addHeadSizes(s);
    s.add("predictor_hidden", &T::predictorHidden, "Width of the predictor's hidden layer.").range(1, 16384).log();
    s.addChoice("head_norm", &T::headNorm, {{"none", HeadNorm::None}, {"batch", HeadNorm::Batch}, {"group", HeadNorm::Group}},
                "Norm of the hidden layers of projector and predictor; group norm uses no batch statistics.")
        .from("arXiv 2010.10241: batch statistics are not what prevents collapse");
    s.add("centred_start", &T::centredStart,
          "Centres and scales the last layers of projector and predictor once, on the first batch: without batch norm outputs begin nearly equal.")
        .from("arXiv 2010.10241: starts that depend on the data");
    return s;
}

MethodInfo byolBase(const Schema& schema, std::function<ByolOptions(const OptionSet&)> read);

}  // namespace selfsight
