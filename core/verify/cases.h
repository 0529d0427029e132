// One function a kind of reference case. Each calls the very function that training, evaluation or the window calls.
// Torch-free. Errors: what they throw fails the case with the text as its message.
#pragma once

#include "core/verify/case.h"

namespace selfsight {

// loss_cases.cpp
CaseResult verifyNtXent(const Case& reference);
CaseResult verifyInfoNceQueue(const Case& reference);
CaseResult verifyMocoV3(const Case& reference);
CaseResult verifySimClrDistill(const Case& reference);
CaseResult verifyNegCosine(const Case& reference);
CaseResult verifyByol(const Case& reference);
CaseResult verifySimSiamHeads(const Case& reference);
CaseResult verifyNnclr(const Case& reference);
CaseResult verifySupCon(const Case& reference);
CaseResult verifyCpcInfoNce(const Case& reference);
CaseResult verifyCpcGrid(const Case& reference);
CaseResult verifyInstDiscNce(const Case& reference);
CaseResult verifyInstDiscMemory(const Case& reference);
CaseResult verifyInvaSpread(const Case& reference);
CaseResult verifyCmcNce(const Case& reference);
CaseResult verifySinkhorn(const Case& reference);
CaseResult verifySwav(const Case& reference);
CaseResult verifyDinoLoss(const Case& reference);
CaseResult verifyIbot(const Case& reference);
CaseResult verifyKoLeo(const Case& reference);
CaseResult verifyBarlowTwins(const Case& reference);
CaseResult verifyVicreg(const Case& reference);
CaseResult verifyMaeLoss(const Case& reference);
CaseResult verifyMaeMasking(const Case& reference);

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
CaseResult verifyPca(const Case& reference);
CaseResult verifyTsne(const Case& reference);

// model_cases.cpp
CaseResult verifyResnet(const Case& reference);

// transformer_cases.cpp
CaseResult verifyDinoVit(const Case& reference);
CaseResult verifyPosEmbed(const Case& reference);
CaseResult verifyDinoHead(const Case& reference);
CaseResult verifyDinoCheckpoint(const Case& reference);
CaseResult verifyWeights(const Case& reference);
CaseResult verifyWsGnBlock(const Case& reference);

// augment_cases.cpp
CaseResult verifyAugmentColor(const Case& reference);
CaseResult verifyAugmentHue(const Case& reference);
CaseResult verifyAugmentGraySolarize(const Case& reference);
CaseResult verifyAugmentBlur(const Case& reference);
CaseResult verifyAugmentResizedCrop(const Case& reference);

}  // namespace selfsight
