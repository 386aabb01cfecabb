#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "record/arrow_abi.hpp"
#include "record/arrow_documents.hpp"

namespace pgfeed {

/// An Arrow column made by hand: its schema, its array and what they point to.
class ArrowSample {
 public:
  ArrowSample(std::string format, std::int64_t length) : format_(std::move(format)), length_(length) {
    buffers_.emplace_back();
  }

  template <class Element>
  ArrowSample&& buffer(const std::vector<Element>& elements) && {
    std::string bytes(elements.size() * sizeof(Element), '\0');
    if (!bytes.empty()) std::memcpy(bytes.data(), elements.data(), bytes.size());
    return std::move(*this).buffer(bytes);
  }
  ArrowSample&& buffer(std::string bytes) && {
    buffers_.push_back(std::make_unique<std::string>(std::move(bytes)));
    return std::move(*this);
  }
  /// As the format has none, not even for nulls.
  ArrowSample&& without_buffers() && {
    buffers_.clear();
    return std::move(*this);
  }
  /// `"101"`: the middle one is null. Counted as `count`, -1 for unknown.
  ArrowSample&& valid(std::string_view flags, std::int64_t count = -1) && {
    buffers_[0] = std::make_unique<std::string>(bits(flags));
    null_count_ = count;
    return std::move(*this);
  }
  /// Leaves out what is before row `offset` and from row `end` on.
  ArrowSample&& slice(std::int64_t offset, std::int64_t end) && {
    offset_ = offset;
    length_ = end - offset;
    return std::move(*this);
  }
  ArrowSample&& child(std::string name, ArrowSample child) && {
    children_.push_back(std::make_unique<ArrowSample>(std::move(child)));
    children_.back()->name_ = std::move(name);
    return std::move(*this);
  }
  ArrowSample&& dictionary(ArrowSample values) && {
    dictionary_ = std::make_unique<ArrowSample>(std::move(values));
    return std::move(*this);
  }
  ArrowSample&& metadata(const std::vector<std::pair<std::string, std::string>>& pairs) && {
    const auto put_size = [this](std::size_t size) {
      const auto number = static_cast<std::int32_t>(size);
      metadata_.append(reinterpret_cast<const char*>(&number), sizeof number);
    };
    put_size(pairs.size());
    for (const auto& [key, value] : pairs) {
      for (const std::string& text : {key, value}) {
        put_size(text.size());
        metadata_ += text;
      }
    }
    return std::move(*this);
  }
  ArrowSample&& extension(const std::string& name) && {
    return std::move(*this).metadata({{"other", "x"}, {"ARROW:extension:name", name}, {"ARROW:extension:metadata", ""}});
  }

  /// Valid while this is, and is not changed.
  ArrowSchema& schema() {
    schema_ = {format_.c_str(),
               name_.c_str(),
               metadata_.empty() ? nullptr : metadata_.data(),
               ARROW_FLAG_NULLABLE,
               0,
               nullptr,
               nullptr,
               nullptr,
               nullptr};
    child_schemas_.clear();
    for (const auto& child : children_) child_schemas_.push_back(&child->schema());
    schema_.n_children = static_cast<std::int64_t>(child_schemas_.size());
    schema_.children = child_schemas_.data();
    if (dictionary_ != nullptr) schema_.dictionary = &dictionary_->schema();
    return schema_;
  }
  ArrowArray& array() {
    array_ = {length_, null_count_, offset_, 0, 0, nullptr, nullptr, nullptr, nullptr, nullptr};
    pointers_.clear();
    for (const auto& buffer : buffers_) pointers_.push_back(buffer != nullptr ? buffer->data() : nullptr);
    child_arrays_.clear();
    for (const auto& child : children_) child_arrays_.push_back(&child->array());
    array_.n_buffers = static_cast<std::int64_t>(pointers_.size());
    array_.buffers = pointers_.data();
    array_.n_children = static_cast<std::int64_t>(child_arrays_.size());
    array_.children = child_arrays_.data();
    if (dictionary_ != nullptr) array_.dictionary = &dictionary_->array();
    return array_;
  }
  [[nodiscard]] std::int64_t length() const { return length_; }

  static std::string bits(std::string_view flags) {
    std::string bytes((flags.size() + 7) / 8, '\0');
    for (std::size_t i = 0; i < flags.size(); ++i) {
      if (flags[i] == '1') bytes[i / 8] = static_cast<char>(bytes[i / 8] | 1 << i % 8);
    }
    return bytes;
  }

 private:
  std::string format_;
  std::string name_;
  std::string metadata_;
  std::int64_t length_;
  std::int64_t offset_ = 0;
  std::int64_t null_count_ = -1;
  std::vector<std::unique_ptr<std::string>> buffers_;  // the first is the bitmap of what is valid, or null
  std::vector<std::unique_ptr<ArrowSample>> children_;
  std::unique_ptr<ArrowSample> dictionary_;

  ArrowSchema schema_{};
  ArrowArray array_{};
  std::vector<const void*> pointers_;
  std::vector<ArrowSchema*> child_schemas_;
  std::vector<ArrowArray*> child_arrays_;
};

/// A column of values of one size.
template <class Element>
ArrowSample fixed(std::string format, const std::vector<Element>& elements) {
  return ArrowSample(std::move(format), static_cast<std::int64_t>(elements.size())).buffer(elements);
}

/// A column of texts or binary with offsets.
template <class Offset = std::int32_t>
ArrowSample texts(std::string format, const std::vector<std::string>& values) {
  std::vector<Offset> offsets{0};
  std::string bytes;
  for (const std::string& value : values) {
    bytes += value;
    offsets.push_back(static_cast<Offset>(bytes.size()));
  }
  return ArrowSample(std::move(format), static_cast<std::int64_t>(values.size())).buffer(offsets).buffer(bytes);
}

/// A column of views, with two buffers that the long ones are in by turns.
inline ArrowSample views(std::string format, const std::vector<std::string>& values) {
  std::string views;
  std::vector<std::string> buffers(2);
  const auto put = [&views](std::size_t number) {
    const auto stored = static_cast<std::int32_t>(number);
    views.append(reinterpret_cast<const char*>(&stored), sizeof stored);
  };
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::string& buffer = buffers[i % 2];
    put(values[i].size());
    if (values[i].size() <= 12) {
      views += values[i] + std::string(12 - values[i].size(), '\0');
    } else {
      views += values[i].substr(0, 4);
      put(i % 2);
      put(buffer.size());
      buffer += values[i];
    }
  }
  return ArrowSample(std::move(format), static_cast<std::int64_t>(values.size()))
      .buffer(views)
      .buffer(buffers[0])
      .buffer(buffers[1])
      .buffer(std::string());
}

inline ArrowSample batch(std::int64_t rows) { return {"+s", rows}; }

/// A batch's documents.
inline std::vector<std::string> documents_of(ArrowSample batch) {
  ArrowDocuments documents(batch.schema());
  documents.bind(batch.array());
  std::vector<std::string> texts;
  for (std::int64_t row = 0; row < documents.rows(); ++row) {
    PaddedBytes out;
    out.put("before");
    documents.append(row, out);
    texts.emplace_back(out.view().substr(6));
  }
  return texts;
}

/// The values of a column, as they stand in documents.
inline std::vector<std::string> values_of(ArrowSample column) {
  const std::int64_t rows = column.length();
  std::vector<std::string> values = documents_of(batch(rows).child("v", std::move(column)));
  for (std::string& value : values) value = value.substr(5, value.size() - 6);
  return values;
}

}  // namespace pgfeed
