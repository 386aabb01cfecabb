#include "load/kept_source.hpp"

#include <fmt/format.h>

#include <array>

#include "postgres/ledger.hpp"
#include "postgres/reject_query.hpp"
#include "source/local_files.hpp"

namespace pgfeed {
namespace {

/// The whole document, of which the first bytes are kept, out of its source. Throws Error(source), with a reason alone,
/// where that is not what was loaded any more.
std::string read_whole(const KeptDocument& kept, const std::string& version) {
  const std::vector<Source> sources = list_local_files({kept.source});
  const Source& source = sources.front();
  if (!source.seekable) throw Error(ErrorKind::source, source.path + " can be read but once");
  if (source.version != version) throw Error(ErrorKind::source, source.path + " has changed");
  std::string document(kept.document_size, '\0');
  const std::size_t got =
      open_random_access(source)->read_at(static_cast<std::uint64_t>(kept.offset), document.data(), document.size());
  if (got != document.size() || !document.starts_with(kept.document))
    throw Error(ErrorKind::source, source.path + " has changed");
  return document;
}

}  // namespace

std::vector<KeptDocument> KeptSource::next() {
  if (waiting_.empty()) waiting_ = read_more();
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  while (count < waiting_.size()) {  // what was cut is read again, so it counts with all its bytes
    const KeptDocument& kept = waiting_[count];
    bytes += kept.document_size <= state_.options.max_document ? kept.document_size : kept.document.size();
    if (count > 0 && bytes > state_.options.split_size) break;
    ++count;
  }
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<KeptDocument> documents(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  for (KeptDocument& kept : documents) {
    if (kept.is_cut() && kept.document_size <= state_.options.max_document) read_again(kept);
  }
  return documents;
}

void KeptSource::read_again(KeptDocument& kept) {
  const std::array<std::string, 1> uri{kept.source};
  SourceEntry entry;
  patiently_([&] { entry = read_sources(connection_, state_.target.plan->feed, uri).front(); });
  try {
    if (entry.source == 0) throw Error(ErrorKind::source, "it has no name that lasts");
    kept.document = read_whole(kept, entry.version);
  } catch (const Error& error) {
    kept.fault = fmt::format("only the first {} bytes of {} are kept, and the source cannot be read again: {}",
                             kept.document.size(), kept.document_size, error.what());
  }
}

RejectFilter RetriedRejects::filter() const {
  RejectFilter filter = *state_.options.retry;
  filter.feed = state_.target.plan->feed;
  return filter;
}

std::vector<KeptDocument> RetriedRejects::read_more() {
  const KeptSelection selection = select_retried(filter(), state_.load);
  std::vector<KeptDocument> documents;
  patiently_([&] { documents = read_kept(connection_, selection, after_, state_.options.split_size); });
  if (!documents.empty()) after_ = documents.back().reject;
  return documents;
}

std::vector<std::string> RetriedRejects::warnings() {
  std::vector<std::string> sentences;
  patiently_([&] { sentences = why_not_retried(connection_, filter()); });
  return sentences;
}

}  // namespace pgfeed
