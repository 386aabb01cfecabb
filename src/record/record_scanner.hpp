#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/document_step.hpp"
#include "record/record_assembler.hpp"
#include "record/value_scanner.hpp"

namespace pgfeed {

/// Finds records in bytes that come in pieces. Keeps its state between calls.
class RecordScanner {
 public:
  virtual ~RecordScanner() = default;
  /// Scans until the assembler is full or out of bytes.
  virtual void scan(RecordAssembler& records) = 0;
  /// At the end of the source, when all is scanned: ends what is open. Adds one record at most; true: there is no more.
  virtual bool finish(RecordAssembler& records) = 0;
  /// Top-level values begun so far.
  [[nodiscard]] virtual std::uint64_t top_level_values() const noexcept = 0;
};

/// A line, without the white space around it, is a record; lines of nothing else are none. A last line without a line
/// break is truncated if it begins an object or array that does not end in it.
class LineScanner final : public RecordScanner {
 public:
  void scan(RecordAssembler& records) override;
  bool finish(RecordAssembler& records) override;
  std::uint64_t top_level_values() const noexcept override { return lines_; }

 private:
  std::uint64_t lines_ = 0;
};

/// Follows the path to the documents through top-level values that stand one after another.
///
/// A named step leads into a member (all of that name, spelled with escapes or not), `[*]` into all elements of an array
/// or all members of an object. Values beside the path are stepped over. Bytes that can't stand where they are make a
/// record of fault garbage, up to the next byte that can begin something there: at the top and in arrays an object or
/// array, in objects a name. In an array that is walked into so does a comma with no element before it, and a missing
/// one makes an empty record; one behind the last element is forgiven, and so are commas in objects.
///
/// A broken document, such as one whose string does not end, ends before a line that begins with `{` where none can
/// stand (see ValueScanner), and the next one begins there: an element of the same array if the broken one began a line,
/// too, or if arrays are all there is, else a top-level value. Such a `{` behind a document or a name's value also begins a
/// top-level value; that the one before it lost its end makes an empty record of fault garbage.
class DocumentScanner final : public RecordScanner {
 public:
  /// `whole_others`: a top-level value that is no array is a document itself, whatever the path.
  DocumentScanner(std::vector<DocumentStep> path, bool whole_others);

  void scan(RecordAssembler& records) override;
  bool finish(RecordAssembler& records) override;
  std::uint64_t top_level_values() const noexcept override { return top_level_values_; }

 private:
  enum class State : std::uint8_t {
    between,   ///< before a value or a name, or before what closes the container
    name,      ///< inside a member's name
    colon,     ///< behind a name
    member,    ///< before a member's value
    document,  ///< inside a document
    skipped,   ///< inside a value beside the path
    garbage,
  };
  enum class Container : std::uint8_t { none, array, object };
  /// What stands before the next element of an array that is walked into.
  enum class Before : std::uint8_t { nothing, element, fault };

  [[nodiscard]] Container container() const noexcept { return levels_.empty() ? Container::none : levels_.back(); }
  void scan_space(RecordAssembler& records);
  void scan_value(RecordAssembler& records);
  void scan_name(RecordAssembler& records);
  void scan_garbage(RecordAssembler& records);
  void dispatch(RecordAssembler& records, char byte);
  void dispatch_between(RecordAssembler& records, char byte);
  void begin_value(RecordAssembler& records, char byte);
  void enter(RecordAssembler& records, Container container);
  [[nodiscard]] bool begins_anew() const noexcept;
  void begin_garbage(RecordAssembler& records);
  void add_garbage(RecordAssembler& records, std::size_t length);
  void end_broken(RecordAssembler& records);
  [[nodiscard]] bool name_matches();

  std::vector<DocumentStep> path_;
  bool whole_others_;
  State state_ = State::between;
  std::vector<Container> levels_;  ///< the containers that were walked into, one for each step taken
  Before before_ = Before::nothing;
  bool at_line_start_ = false;        ///< the next byte is the first of a line
  bool began_at_line_start_ = false;  ///< so was the first one of the value that is being scanned
  ValueScanner value_;
  std::string name_;  ///< as it is spelled; no more than could match
  std::string unescaped_;
  bool name_escaped_ = false;  ///< within a name: the next byte follows a backslash
  bool name_has_escapes_ = false;
  std::uint64_t top_level_values_ = 0;
};

}  // namespace pgfeed
