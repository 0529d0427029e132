#include "core/analysis/grid_convolution.h"

#include <fftw3.h>

#include <algorithm>
#include <mutex>

namespace selfsight {

namespace {

constexpr std::int64_t kColumns = 16;    // transformed together, side by side
constexpr std::int64_t kRowsAPiece = 8;  // in one piece of work

std::mutex& planner()
{
    static std::mutex mutex;  // FFTW's planner is one for the whole program
    return mutex;
}

}  // namespace

/// The rows are transformed in place: a row of (width + 1) waves holds 2 width real numbers, the second half of them padding.
/// Columns go through a buffer of their own, of twice the height.
struct GridConvolution::Plans {
    Plans(std::int64_t width, std::int64_t height, int workers) : blocks((width + kColumns) / kColumns)
    {
        const std::lock_guard lock(planner());
        const auto across = static_cast<int>(2 * width), down = static_cast<int>(2 * height);
        pitch = blocks * kColumns;  // in waves: rows stay aligned, and the last block of columns is whole
        waves = fftwf_alloc_complex(static_cast<std::size_t>(height * pitch));
        std::fill_n(reinterpret_cast<float*>(waves), 2 * height * pitch, 0.0f);
        for (int worker = 0; worker < workers; ++worker)
            columns.push_back(fftwf_alloc_complex(static_cast<std::size_t>(2 * height * kColumns)));
        // Estimated plans: measured ones differ from run to run, and so would the layouts.
        toWaves = fftwf_plan_dft_r2c_1d(across, reinterpret_cast<float*>(waves), waves, FFTW_ESTIMATE);
        fromWaves = fftwf_plan_dft_c2r_1d(across, waves, reinterpret_cast<float*>(waves), FFTW_ESTIMATE);
        const auto plan = [&](int direction) {
            return fftwf_plan_many_dft(1, &down, kColumns, columns[0], nullptr, kColumns, 1, columns[0], nullptr, kColumns, 1,
                                       direction, FFTW_ESTIMATE);
        };
        forward = plan(FFTW_FORWARD);
        backward = plan(FFTW_BACKWARD);
    }

    ~Plans()
    {
        const std::lock_guard lock(planner());
        for (fftwf_plan plan : {toWaves, fromWaves, forward, backward}) fftwf_destroy_plan(plan);
        for (fftwf_complex* buffer : columns) fftwf_free(buffer);
        fftwf_free(waves);
    }

    Plans(const Plans&) = delete;
    Plans& operator=(const Plans&) = delete;

    std::int64_t blocks, pitch = 0;
    fftwf_complex* waves = nullptr;
    std::vector<fftwf_complex*> columns;  // one a worker
    fftwf_plan toWaves = nullptr, fromWaves = nullptr, forward = nullptr, backward = nullptr;
};

GridConvolution::GridConvolution(WorkerTeam& team) : m_team(team)
{
}
GridConvolution::~GridConvolution() = default;

void GridConvolution::resize(std::int64_t width, std::int64_t height, const std::function<double(double, double)>& kernel,
                             const std::function<double(double)>& transfer)
{
    m_width = width;
    m_height = height;
    m_plans = std::make_unique<Plans>(width, height, m_team.threads());

    // Of a symmetric function a quarter is enough: a cosine transform of (height + 1, width + 1).
    std::vector<float> quarter(static_cast<std::size_t>((height + 1) * (width + 1)));
    for (std::int64_t y = 0; y <= height; ++y)
        for (std::int64_t x = 0; x <= width; ++x)
            quarter[static_cast<std::size_t>(y * (width + 1) + x)] =
                static_cast<float>(kernel(static_cast<double>(x), static_cast<double>(y)));
    {
        std::unique_lock lock(planner());
        const fftwf_plan plan = fftwf_plan_r2r_2d(static_cast<int>(height + 1), static_cast<int>(width + 1), quarter.data(),
                                                  quarter.data(), FFTW_REDFT00, FFTW_REDFT00, FFTW_ESTIMATE);
        lock.unlock();
        fftwf_execute(plan);
        lock.lock();
        fftwf_destroy_plan(plan);
    }
    std::vector<double> across, down;
    for (std::int64_t x = 0; x <= width; ++x) across.push_back(transfer(static_cast<double>(x) / static_cast<double>(2 * width)));
    for (std::int64_t y = 0; y <= height; ++y) down.push_back(transfer(static_cast<double>(y) / static_cast<double>(2 * height)));
    m_kernel.assign(static_cast<std::size_t>(m_plans->blocks * (height + 1) * kColumns), 0);
    for (std::int64_t y = 0; y <= height; ++y)
        for (std::int64_t x = 0; x <= width; ++x)
            m_kernel[static_cast<std::size_t>((x / kColumns * (height + 1) + y) * kColumns + x % kColumns)] = static_cast<float>(
                quarter[static_cast<std::size_t>(y * (width + 1) + x)] / across[static_cast<std::size_t>(x)] /
                down[static_cast<std::size_t>(y)] / (4.0 * static_cast<double>(width) * static_cast<double>(height)));
}

float* GridConvolution::row(std::int64_t y)
{
    return reinterpret_cast<float*>(m_plans->waves + y * m_plans->pitch);
}

void GridConvolution::clear()
{
    std::fill_n(row(0), 2 * m_height * m_plans->pitch, 0.0f);
}

void GridConvolution::convolve()
{
    const std::int64_t pieces = (m_height + kRowsAPiece - 1) / kRowsAPiece;
    const auto eachRow = [&](const auto& transform) {
        m_team.run(pieces, [&](std::int64_t piece, int) {
            for (std::int64_t y = piece * kRowsAPiece; y < std::min((piece + 1) * kRowsAPiece, m_height); ++y)
                transform(m_plans->waves + y * m_plans->pitch);
        });
    };
    eachRow([&](fftwf_complex* line) { fftwf_execute_dft_r2c(m_plans->toWaves, reinterpret_cast<float*>(line), line); });
    m_team.run(m_plans->blocks, [&](std::int64_t block, int worker) { transformColumns(block, worker); });
    eachRow([&](fftwf_complex* line) { fftwf_execute_dft_c2r(m_plans->fromWaves, line, reinterpret_cast<float*>(line)); });
}

void GridConvolution::transformColumns(std::int64_t block, int worker)
{
    fftwf_complex* buffer = m_plans->columns[static_cast<std::size_t>(worker)];
    auto* values = reinterpret_cast<float*>(buffer);
    constexpr std::int64_t kLine = 2 * kColumns;  // floats of a row of the buffer
    for (std::int64_t y = 0; y < m_height; ++y) {
        const float* from = row(y) + block * kLine;
        std::copy(from, from + kLine, values + y * kLine);
    }
    std::fill_n(values + m_height * kLine, m_height * kLine, 0.0f);
    fftwf_execute_dft(m_plans->forward, buffer, buffer);
    const float* kernel = m_kernel.data() + block * (m_height + 1) * kColumns;
    for (std::int64_t y = 0; y < 2 * m_height; ++y) {
        const float* factors = kernel + std::min(y, 2 * m_height - y) * kColumns;
        float* line = values + y * kLine;
        for (std::int64_t x = 0; x < kColumns; ++x) {
            line[2 * x] *= factors[x];
            line[2 * x + 1] *= factors[x];
        }
    }
    fftwf_execute_dft(m_plans->backward, buffer, buffer);
    for (std::int64_t y = 0; y < m_height; ++y) std::copy_n(values + y * kLine, kLine, row(y) + block * kLine);
}

}  // namespace selfsight
