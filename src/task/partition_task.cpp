#include <fmt/format.h>
#include <pgfeed/partitions.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "load/cancellation.hpp"
#include "load/shared_state.hpp"
#include "load/split_retry.hpp"
#include "load/staged_batch.hpp"
#include "load/stager.hpp"
#include "load/worker.hpp"
#include "task/documents.hpp"
#include "task/leave.hpp"
#include "task/partition_claim.hpp"
#include "task/row_sink.hpp"
#include "task/task.hpp"
#include "task/task_session.hpp"

namespace pgfeed {
namespace {

/// Of a task that is handed its documents.
class NoSplits final : public SplitSupply {
 public:
  bool next(Split&) override { return false; }
};

/// What one task sends splits with: over its session, from a thread of its own.
class Sender {
 public:
  Sender(TaskSession& session, LoadState& state) : session_(session), state_(state) {
    if (session.is_staged()) {
      stager_.emplace(state, 1, &session.connection(), staged_format(state.target, session.options()));
    } else {
      worker_.emplace(state, 1, &session.connection());
    }
  }

  void send(Split& split, PartitionClaim& claim, bool is_last) {
    if (claim.is_complete() || state_.is_stopped()) return;
    if (claim.start(split, is_last)) {
      stager_ ? stager_->stage_claimed(split, claim) : worker_->load_claimed(split, claim);
      claim.committed();
    }
    if (is_last && !claim.is_complete() && !state_.is_stopped()) complete(claim);
  }

  /// Does what asks the server, again where that may help: not inside a transaction that is the load's.
  void patiently(const std::function<void()>& work) {
    if (session_.connection().is_enclosed()) return work();
    SplitRetry retry(state_, session_.connection());
    for (;;) {
      try {
        return work();
      } catch (const Error& error) {
        session_.connection().rollback();
        retry.prepare(error);
      }
    }
  }

 private:
  void complete(PartitionClaim& claim) {
    patiently([&] {
      Connection& connection = session_.connection();
      connection.begin();
      claim.complete(connection);
      connection.commit();
    });
  }

  TaskSession& session_;
  LoadState& state_;
  std::optional<Worker> worker_;
  std::optional<Stager> stager_;
};

}  // namespace

class PartitionTask::Session final : public RowSink {
 public:
  /// `open`: makes the TaskSession, which a token can stop.
  template <typename Open>
  Session(const Open& open, std::stop_source stop)
      : stop_(std::move(stop)),
        session_(open(stop_.get_token())),
        state_(session_.target(), session_.options(), none_, session_.ledger(), session_.load_time()),
        sender_(session_, state_),
        documents_(session_.options(), session_.plan()),
        canceller_(cancel_when_stopped(state_)),
        thread_([this](const std::stop_token& stop) { send_each(stop); }) {}

  ~Session() override {
    if (is_open_) state_.stop();
    thread_.request_stop();
  }

  bool begin(std::int64_t partition) {
    wait();
    if (has_too_many_rejects() || documents_.is_full()) return false;
    auto open = std::make_shared<OpenSource>();
    source_.uri = source_.path = fmt::format("{}{}", partitions_uri(session_.options().partitions), partition);
    open->source = &source_;
    sender_.patiently([&] {
      Connection& connection = session_.connection();
      const PartitionEntry entry =
          open_partition(connection, session_.kind(), session_.plan().feed, session_.ledger().load(), source_.uri);
      open->entry = entry.source;
      claim_.emplace(session_.kind(), session_.ledger().load(), session_.ledger().session_name() + " worker 1", source_.uri,
                     entry);
      if (!entry.is_complete) claim_->read(connection);
    });
    documents_.begin(std::move(open));
    is_open_ = true;
    return !claim_->is_complete() || session_.options().limit >= 0;  // what is in counts for the limit, too
  }

  void add(std::string_view document) {
    if (documents_.add(document)) hand_over(false);
  }

  [[nodiscard]] const Target& target() const override { return session_.target(); }
  [[nodiscard]] std::uint64_t max_document() const override { return session_.options().max_document; }
  void begin_rows(std::shared_ptr<const DocumentTexts> texts) override { documents_.begin_rows(std::move(texts)); }
  void add_row(std::string_view row) override {
    if (documents_.add_row(row)) hand_over(false);
  }
  /// What is staged keeps its texts: rejects may be found when it is published.
  [[nodiscard]] bool takes_rows() const { return !session_.is_staged() && documents_.takes_rows(); }

  /// At the limit there may be more of it.
  void end() {
    hand_over(!documents_.is_full() || session_.options().once);
    wait();
    is_open_ = false;
  }

  [[nodiscard]] bool is_full() const noexcept { return documents_.is_full(); }

  void leave() {
    wait();
    sender_.patiently([&] { pgfeed::leave(state_, session_.connection()); });
  }

  [[nodiscard]] TaskOutcome outcome() const {
    TaskOutcome outcome;
    Report report;
    state_.report(report);
    outcome.counts = report.counts;
    outcome.findings.is_limited = is_full();
    outcome.error = error_for_good();
    return outcome;
  }

  void stop() {
    stop_.request_stop();
    state_.stop();
  }

 private:
  static constexpr std::chrono::milliseconds kBetweenLooks{100};

  /// What has failed and would fail again.
  [[nodiscard]] std::optional<Error> error_for_good() const {
    try {
      const std::lock_guard lock(mutex_);
      if (error_ != nullptr) std::rethrow_exception(error_);
    } catch (const Error& error) {
      if (!error.retryable && !state_.is_stopped()) return error;
    } catch (const std::exception&) {  // is thrown where it is met
    }
    return std::nullopt;
  }

  void hand_over(bool is_last) {
    wait();
    const std::lock_guard lock(mutex_);
    documents_.take(full_);
    is_last_ = is_last;
    is_full_ = true;
    changed_.notify_all();
  }

  /// Until the thread has nothing to do. Throws what it has met.
  void wait() {
    std::unique_lock lock(mutex_);
    while (is_full_) changed_.wait_for(lock, kBetweenLooks);
    if (error_ != nullptr) std::rethrow_exception(error_);
    if (state_.is_stopped() && !has_too_many_rejects()) throw Error(ErrorKind::interrupted, "interrupted");
  }

  /// What is staged ends quietly then: the publication tells, and keeps what shows it.
  [[nodiscard]] bool has_too_many_rejects() const {
    return session_.is_staged() && state_.is_stopped() && !stop_.stop_requested();
  }

  void send_each(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      // Not `wait`, which wants a newer C++ library than some nodes have.
      if (!changed_.wait_for(lock, stop, kBetweenLooks, [this] { return is_full_; })) continue;
      lock.unlock();
      std::exception_ptr error;
      try {
        sender_.send(full_, *claim_, is_last_);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      error_ = error;
      is_full_ = false;
      changed_.notify_all();
    }
  }

  std::stop_source stop_;
  TaskSession session_;
  NoSplits none_;
  LoadState state_;
  Sender sender_;
  Documents documents_;  ///< that are taken, while others are sent
  Source source_;        ///< the partition
  std::optional<PartitionClaim> claim_;
  bool is_open_ = false;
  mutable std::mutex mutex_;  ///< guards what follows, down to the threads
  std::condition_variable_any changed_;
  Split full_;
  bool is_last_ = false;
  bool is_full_ = false;
  std::exception_ptr error_;
  std::jthread canceller_;
  std::jthread thread_;
};

PartitionTask::PartitionTask(const std::string& task, const std::string& conninfo, const std::string& attempt,
                             const std::stop_token& stop) {
  std::stop_source own;
  const std::stop_callback on_stop(stop, [&own] { own.request_stop(); });
  session_ = std::make_unique<Session>(
      [&](std::stop_token token) { return TaskSession(read_task(task).terms, conninfo, attempt, std::move(token)); }, own);
}
PartitionTask::PartitionTask(const std::string& task, Connection& lent)
    : session_(std::make_unique<Session>([&](const std::stop_token&) { return TaskSession(read_task(task).terms, lent); },
                                         std::stop_source())) {}
PartitionTask::PartitionTask(PartitionTask&&) noexcept = default;
PartitionTask::~PartitionTask() = default;

bool PartitionTask::begin(std::int64_t partition) { return session_->begin(partition); }
void PartitionTask::add(std::string_view document) { session_->add(document); }
RowSink* PartitionTask::rows() { return session_->takes_rows() ? session_.get() : nullptr; }
void PartitionTask::end() { session_->end(); }
bool PartitionTask::is_full() const { return session_->is_full(); }
void PartitionTask::leave() { session_->leave(); }
std::string PartitionTask::outcome() const { return write_outcome(session_->outcome()); }
void PartitionTask::stop() { session_->stop(); }

}  // namespace pgfeed
