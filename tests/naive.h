// The formulas of tests/golden/README.md as plain loops in double: slow, obvious, and written without looking at the product.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace naive {

using Matrix = std::vector<std::vector<double>>;

inline double dot(const std::vector<double>& a, const std::vector<double>& b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

inline double ntXent(const Matrix& z1, const Matrix& z2, double temperature)
{
    Matrix z = z1;
    z.insert(z.end(), z2.begin(), z2.end());
    const std::size_t count = z.size();
    double loss = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto similarity = [&](std::size_t j) {
            return dot(z[i], z[j]) / std::sqrt(dot(z[i], z[i]) * dot(z[j], z[j])) / temperature;
        };
        double denominator = 0;
        for (std::size_t k = 0; k < count; ++k)
            if (k != i) denominator += std::exp(similarity(k));
        loss -= std::log(std::exp(similarity((i + count / 2) % count)) / denominator);
    }
    return loss / static_cast<double>(count);
}

/// One tensor with its optimiser state.
struct Weights {
    std::vector<double> w, v, m;  // v: momentum or second moment, m: first moment
};

struct Rule {
    std::string optimizer, variant;
    double momentum = 0.9, decay = 0, trust = 0.001, eps = 1e-8, beta1 = 0.9, beta2 = 0.999;
    bool nesterov = false, clip = false;
};

inline void adamStep(const Rule& rule, Weights& x, const std::vector<double>& gradient, double rate, double decay, int t)
{
    for (std::size_t i = 0; i < x.w.size(); ++i) {
        double g = gradient[i];
        if (rule.optimizer == "adamw") x.w[i] *= 1 - rate * decay;
        else g += decay * x.w[i];
        x.m[i] = rule.beta1 * x.m[i] + (1 - rule.beta1) * g;
        x.v[i] = rule.beta2 * x.v[i] + (1 - rule.beta2) * g * g;
        const double mean = x.m[i] / (1 - std::pow(rule.beta1, t)), square = x.v[i] / (1 - std::pow(rule.beta2, t));
        x.w[i] -= rate * mean / (std::sqrt(square) + rule.eps);
    }
}

inline void larsStep(const Rule& rule, Weights& x, std::vector<double> g, double rate, bool excluded)
{
    double q = 1, decay = excluded ? 0 : rule.decay;
    const double length = std::sqrt(dot(x.w, x.w));
    if (rule.variant == "solo") {
        const double gradientLength = std::sqrt(dot(g, g));
        if (excluded || length == 0 || gradientLength == 0) decay = 0;
        else {
            q = rule.trust * length / (gradientLength + decay * length + rule.eps);
            if (rule.clip) q = std::min(q / rate, 1.0);
        }
        for (std::size_t i = 0; i < g.size(); ++i) g[i] = q * (g[i] + decay * x.w[i]);
    } else {
        for (std::size_t i = 0; i < g.size(); ++i) g[i] += decay * x.w[i];
        const double gradientLength = std::sqrt(dot(g, g));
        if (!excluded && length > 0 && gradientLength > 0) q = rule.trust * length / gradientLength;
        for (double& value : g) value *= q;
    }
    for (std::size_t i = 0; i < g.size(); ++i) {
        const double scaled = rule.variant == "simclr" ? rate * g[i] : g[i];
        x.v[i] = rule.momentum * x.v[i] + scaled;
        const double step = rule.nesterov ? scaled + rule.momentum * x.v[i] : x.v[i];
        x.w[i] -= rule.variant == "simclr" ? step : rate * step;
    }
}

inline void sgdStep(const Rule& rule, Weights& x, const std::vector<double>& gradient, double rate, double decay)
{
    for (std::size_t i = 0; i < x.w.size(); ++i) {
        const double g = gradient[i] + decay * x.w[i];
        x.v[i] = rule.momentum * x.v[i] + g;
        x.w[i] -= rate * (rule.nesterov ? g + rule.momentum * x.v[i] : x.v[i]);
    }
}

inline void step(const Rule& rule, Weights& x, const std::vector<double>& gradient, double rate, bool excluded, int t)
{
    const double decay = excluded ? 0 : rule.decay;
    if (rule.optimizer == "lars") larsStep(rule, x, gradient, rate, excluded);
    else if (rule.optimizer == "sgd") sgdStep(rule, x, gradient, rate, decay);
    else adamStep(rule, x, gradient, rate, decay, t);
}

/// Class scores of one query.
inline std::vector<double> knnScores(const Matrix& bank, const std::vector<int>& labels, const std::vector<double>& query, int k,
                                     double temperature, int classes)
{
    std::vector<std::pair<double, int>> order;
    for (std::size_t i = 0; i < bank.size(); ++i) order.emplace_back(-dot(bank[i], query), labels[i]);
    std::sort(order.begin(), order.end());
    std::vector<double> scores(static_cast<std::size_t>(classes), 0.0);
    for (int i = 0; i < k && i < static_cast<int>(order.size()); ++i)
        scores[static_cast<std::size_t>(order[static_cast<std::size_t>(i)].second)] +=
            std::exp(-order[static_cast<std::size_t>(i)].first / temperature);
    return scores;
}

inline double uniformity(const Matrix& x, double t)
{
    double sum = 0, pairs = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
        for (std::size_t j = i + 1; j < x.size(); ++j, ++pairs)
            sum += std::exp(-t * (2 - 2 * dot(x[i], x[j]) / std::sqrt(dot(x[i], x[i]) * dot(x[j], x[j]))));
    return std::log(sum / pairs);
}

}  // namespace naive
