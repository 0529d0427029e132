#include "core/data/batch_loader.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "core/base/error.h"
#include "core/base/rng.h"

namespace selfsight {

namespace {

constexpr std::uint64_t kOrderStream = 0x6F72646572;  // "order": no view draws from it
constexpr std::size_t kAhead = 3;                     // batches ready or being made; all threads work on the first of them
constexpr std::int64_t kMaxTries = 100;               // bad images in a row before the search for a good one ends
constexpr std::int64_t kFewestToJudge = 100;          // images seen before their share of bad ones means something

std::vector<std::int64_t> epochOrder(std::int64_t dataSize, std::uint64_t seed, std::int64_t epoch)
{
    return Rng({seed, static_cast<std::uint64_t>(epoch), kOrderStream}).permutation(dataSize);
}

std::vector<std::int64_t> slice(const std::vector<std::int64_t>& order, std::int64_t batchSize, std::int64_t batch)
{
    return {order.begin() + batch * batchSize, order.begin() + (batch + 1) * batchSize};
}

}  // namespace

struct BatchLoader::State {
    /// An image that could not be read, and what was seen.
    struct Bad {
        std::int64_t position;  // in the batch
        std::int64_t image;
        std::string message;
        bool original;  // false: met while looking for a replacement
    };

    struct Slot {
        Batch batch;
        std::int64_t unclaimed = 0;   // next position that no thread works on
        std::int64_t unfinished = 0;  // positions still to be made
        std::vector<Bad> bad;
        std::exception_ptr error;
    };

    std::shared_ptr<const DataSet> data;
    std::shared_ptr<const ViewPipeline> pipeline;
    LoaderOptions options;
    std::int64_t batchesPerEpoch = 0;
    std::int64_t chunk = 1;  // images that a thread claims at a time

    std::mutex mutex;  // guards all below
    std::condition_variable work, ready;
    std::atomic<bool> stop{false};
    std::deque<std::unique_ptr<Slot>> slots;  // in the order of batches
    std::vector<Batch> spare;
    std::int64_t epoch = 0, batch = 0;  // of the next slot
    std::int64_t orderEpoch = -1;
    std::vector<std::int64_t> order;

    // next()'s own thread only
    LoaderPosition position;
    std::string lastBad;
    std::set<std::int64_t> listed;
    std::vector<Issue> issues;

    std::vector<std::thread> threads;

    void run();
    Slot* claim(std::unique_lock<std::mutex>& lock);
    void openSlot();
    void prepare(Batch& target) const;
    void make(Slot& slot, std::int64_t begin, std::int64_t end, Canvas& canvas, std::vector<Bad>& bad) const;
    Sample readable(std::int64_t position, std::int64_t image, std::vector<Bad>& bad) const;
    void account(Slot& slot);
};

/// Sizes the memory; a recycled batch has it already.
void BatchLoader::State::prepare(Batch& target) const
{
    target.views.resize(static_cast<std::size_t>(pipeline->viewCount()));
    for (int v = 0; v < pipeline->viewCount(); ++v) {
        ViewBlock& block = target.views[static_cast<std::size_t>(v)];
        block.size = pipeline->viewSize(v);
        block.pixels.resize(static_cast<std::size_t>(options.batchSize) * pipeline->viewFloats(v));
    }
}

void BatchLoader::State::openSlot()
{
    if (batch == batchesPerEpoch) {
        batch = 0;
        ++epoch;
    }
    if (orderEpoch != epoch) {
        order = epochOrder(data->size(), options.seed, epoch);
        orderEpoch = epoch;
    }
    auto slot = std::make_unique<Slot>();
    if (!spare.empty()) {
        slot->batch = std::move(spare.back());
        spare.pop_back();
    }
    prepare(slot->batch);
    slot->batch.epoch = epoch;
    slot->batch.index = batch;
    slot->batch.images = slice(order, options.batchSize, batch);
    slot->unfinished = options.batchSize;
    slots.push_back(std::move(slot));
    ++batch;
}

/// The earliest batch with images left to claim, or nullptr when the loader stops.
BatchLoader::State::Slot* BatchLoader::State::claim(std::unique_lock<std::mutex>& lock)
{
    while (!stop) {
        for (const auto& slot : slots)
            if (slot->unclaimed < options.batchSize) return slot.get();
        if (slots.size() < kAhead) openSlot();
        else work.wait(lock);
    }
    return nullptr;
}

void BatchLoader::State::run()
{
    // On Linux the call takes a thread's id and changes that thread alone. Refused: the thread stays as it is.
    if (options.niceness != 0) ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), options.niceness);

    Canvas canvas;
    std::unique_lock lock(mutex);
    while (Slot* slot = claim(lock)) {
        const std::int64_t begin = slot->unclaimed, end = std::min(begin + chunk, options.batchSize);
        slot->unclaimed = end;
        lock.unlock();
        std::vector<Bad> bad;
        std::exception_ptr error;
        try {
            make(*slot, begin, end, canvas, bad);
        } catch (...) {
            error = std::current_exception();  // next() throws it when this batch's turn comes
        }
        lock.lock();
        slot->bad.insert(slot->bad.end(), std::make_move_iterator(bad.begin()), std::make_move_iterator(bad.end()));
        if (error && !slot->error) slot->error = error;
        slot->unfinished -= end - begin;
        if (slot->unfinished == 0) ready.notify_all();
    }
}

Sample BatchLoader::State::readable(std::int64_t position, std::int64_t image, std::vector<Bad>& bad) const
{
    const std::int64_t tries = std::min(kMaxTries, data->size());
    for (std::int64_t i = 0; i < tries; ++i) {
        const std::int64_t candidate = (image + i) % data->size();
        try {
            return data->sample(candidate);
        } catch (const Error& error) {
            bad.push_back({position, candidate, error.what(), i == 0});
        }
    }
    throw Error("data", fmt::format("{} {}s in a row cannot be read. The last: {}", tries, nameOf(pipeline->samples()), bad.back().message));
}

void BatchLoader::State::make(Slot& slot, std::int64_t begin, std::int64_t end, Canvas& canvas, std::vector<Bad>& bad) const
{
    for (std::int64_t position = begin; position < end && !stop; ++position) {
        const std::int64_t image = slot.batch.images[static_cast<std::size_t>(position)];
        const Sample source = readable(position, image, bad);
        for (int v = 0; v < pipeline->viewCount(); ++v)
            pipeline->view(source,
                           {options.seed, static_cast<std::uint64_t>(slot.batch.epoch), static_cast<std::uint64_t>(image), v},
                           canvas,
                           slot.batch.views[static_cast<std::size_t>(v)].pixels.data() +
                               static_cast<std::size_t>(position) * pipeline->viewFloats(v));
    }
}

/// Bad images are judged in the order of batches, so that a run stops at the same step whatever the threads did.
void BatchLoader::State::account(Slot& slot)
{
    std::stable_sort(slot.bad.begin(), slot.bad.end(), [](const Bad& a, const Bad& b) { return a.position < b.position; });
    position.seen += options.batchSize;
    for (const Bad& bad : slot.bad) {
        position.bad += bad.original;
        lastBad = bad.message;
        if (!listed.insert(bad.image).second) continue;
        issues.push_back({.severity = Issue::Severity::Warning,
                          .message = fmt::format("{} {}", nameOf(pipeline->samples()), bad.image) + " is replaced by the next: " + bad.message});
    }
    if (position.seen >= kFewestToJudge && position.bad * 20 > position.seen)
        throw Error("data",
                    fmt::format("{} of {} {}s seen cannot be read, more than 5 %. The last: {}", position.bad, position.seen,
                                nameOf(pipeline->samples()), lastBad));
}

BatchLoader::BatchLoader(std::shared_ptr<const DataSet> data, std::shared_ptr<const ViewPipeline> pipeline, LoaderOptions options,
                         const LoaderPosition& begin)
    : m_state(std::make_unique<State>())
{
    if (options.batchSize < 1 || options.batchSize > data->size())
        throw Error("train.batch_size", fmt::format("{} does not suit a data set of {} {}s", options.batchSize, data->size(), nameOf(pipeline->samples())),
                    "An incomplete last batch is dropped, so a batch must fit at least once.");
    State& state = *m_state;
    state.data = std::move(data);
    state.pipeline = std::move(pipeline);
    state.options = options;
    state.batchesPerEpoch = state.data->size() / options.batchSize;
    state.position = begin;
    state.epoch = begin.epoch + begin.batch / state.batchesPerEpoch;
    state.batch = begin.batch % state.batchesPerEpoch;
    // Small enough that all threads work on the first batch to its end, large enough that claiming costs nothing.
    const int threads = std::max(1, options.threads);
    state.chunk = std::clamp<std::int64_t>(options.batchSize / (4 * threads), 1, 16);
    for (int i = 0; i < threads; ++i) state.threads.emplace_back([&state] { state.run(); });
}

BatchLoader::~BatchLoader()
{
    {
        const std::lock_guard lock(m_state->mutex);
        m_state->stop = true;
    }
    m_state->work.notify_all();
    for (std::thread& thread : m_state->threads) thread.join();
}

std::int64_t BatchLoader::batchesPerEpoch() const
{
    return m_state->batchesPerEpoch;
}

LoaderPosition BatchLoader::position() const
{
    return m_state->position;
}

Batch BatchLoader::next()
{
    State& state = *m_state;
    std::unique_lock lock(state.mutex);
    state.ready.wait(lock, [&state] { return !state.slots.empty() && state.slots.front()->unfinished == 0; });
    // A batch that failed stays in front: asking again gives the same answer.
    if (state.slots.front()->error) std::rethrow_exception(state.slots.front()->error);
    const std::unique_ptr<State::Slot> slot = std::move(state.slots.front());
    state.slots.pop_front();
    lock.unlock();
    state.work.notify_all();
    state.account(*slot);
    const bool lastOfEpoch = slot->batch.index + 1 == state.batchesPerEpoch;
    state.position.epoch = slot->batch.epoch + (lastOfEpoch ? 1 : 0);
    state.position.batch = lastOfEpoch ? 0 : slot->batch.index + 1;
    return std::move(slot->batch);
}

void BatchLoader::recycle(Batch&& batch)
{
    const std::lock_guard lock(m_state->mutex);
    if (m_state->spare.size() < kAhead) m_state->spare.push_back(std::move(batch));
}

std::vector<Issue> BatchLoader::takeIssues()
{
    return std::exchange(m_state->issues, {});
}

std::vector<std::int64_t> BatchLoader::imagesOf(std::int64_t dataSize, std::int64_t batchSize, std::uint64_t seed,
                                                std::int64_t epoch, std::int64_t batch)
{
    return slice(epochOrder(dataSize, seed, epoch), batchSize, batch);
}

RgbImage readableImage(const DataSet& data, std::int64_t index)
{
    for (std::int64_t skipped = 0;; ++skipped) {
        try {
            return data.image((index + skipped) % data.size());
        } catch (const std::exception&) {
            if (skipped + 1 == std::min<std::int64_t>(data.size(), 100)) throw;
        }
    }
}

}  // namespace selfsight
