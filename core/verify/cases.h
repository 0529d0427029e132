// One function a kind of reference case. Each calls the very function that training, evaluation or the window calls.
// Torch-free. Errors: what they throw fails the case with the text as its message.
#pragma once

#include "core/verify/case.h"

namespace selfsight {

// loss_cases.cpp
CaseResult verifyNtXent(const Case& reference);

// optimizer_cases.cpp
CaseResult verifyLars(const Case& reference);
CaseResult verifySgd(const Case& reference);
CaseResult verifyAdam(const Case& reference);
CaseResult verifyAdamW(const Case& reference);
CaseResult verifySchedule(const Case& reference);
CaseResult verifyEmaUpdate(const Case& reference);

// analysis_cases.cpp
CaseResult verifyKnn(const Case& reference);
CaseResult verifyAlignUniform(const Case& reference);
CaseResult verifySpectrum(const Case& reference);

// model_cases.cpp
CaseResult verifyResnet(const Case& reference);

// transformer_cases.cpp
CaseResult verifyDinoVit(const Case& reference);
CaseResult verifyPosEmbed(const Case& reference);
CaseResult verifyDinoHead(const Case& reference);
CaseResult verifyWsGnBlock(const Case& reference);

// augment_cases.cpp
CaseResult verifyAugmentColor(const Case& reference);
CaseResult verifyAugmentHue(const Case& reference);
CaseResult verifyAugmentGraySolarize(const Case& reference);
CaseResult verifyAugmentBlur(const Case& reference);
CaseResult verifyAugmentResizedCrop(const Case& reference);

}  // namespace selfsight
