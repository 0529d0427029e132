// How embeddings spread: figures that show collapse, in all dimensions or in some. Computed in double. Torch-free.
#pragma once

#include <vector>

#include "core/analysis/matrix_view.h"

namespace selfsight {

/// Mean over columns of the standard deviation of unit rows; 0 when all rows point one way, 1/sqrt(columns) when they
/// spread evenly. Paper: Chen and He 2021, arXiv 2011.10566, section 4.1.
double collapseStd(MatrixView z);

/// The same of rows as they are: for losses that compare outputs and not their directions.
double columnStd(MatrixView z);

/// mean ||u - v||^alpha of unit rows u, v of x and y; 0 when the two views of an image agree.
/// Paper (both): Wang and Isola 2020, arXiv 2005.10242.
double alignment(MatrixView x, MatrixView y, double alpha = 2);

/// ln mean exp(-t ||u_i - u_j||^2) over pairs of unit rows; 0 when collapsed, about -2t when spread evenly.
double uniformity(MatrixView x, double t = 2);

/// Of z without its column means, descending: all that a look at the collapse needs of the spectrum, at half its cost.
std::vector<double> centredSingularValues(MatrixView z);
/// exp(entropy of the values' shares): the directions that are used. Roy and Vetterli 2007.
double effectiveRank(const std::vector<double>& singularValues);

/// Singular values are in descending order.
struct Spectrum {
    std::vector<double> singularValues;          // of z
    std::vector<double> centredSingularValues;   // after taking out the column means
    std::vector<double> covarianceEigenvalues;   // of zc' zc / rows, one a column
    double effectiveRank = 0;
    double centredEffectiveRank = 0;
    double rankMe = 0;                // the same with `rankMeEps` added to every share. arXiv 2210.02885
    double participationRatio = 0;    // (sum of eigenvalues)^2 / sum of their squares; 0 for constant rows
};

Spectrum spectrum(MatrixView z, double rankMeEps = 1e-7);

}  // namespace selfsight
