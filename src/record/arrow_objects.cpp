#include <string>
#include <utility>

#include "record/arrow_columns.hpp"
#include "record/json_writer.hpp"

namespace pgfeed {
namespace {

class StructColumn final : public ArrowColumn {
 public:
  explicit StructColumn(std::vector<ArrowField> fields) {
    for (ArrowField& field : fields) {
      PaddedBytes name;
      name.put(members_.empty() ? "{" : ",");
      put_json_string(field.name, name);
      name.put(":");
      members_.push_back({std::string(name.view()), std::move(field.column)});
    }
  }

 private:
  void bind_values(const ArrowArray& array) override {
    for (std::size_t i = 0; i < members_.size(); ++i) {
      members_[i].column->bind(arrow_child(array, static_cast<std::int64_t>(i)));
    }
  }
  void write(std::int64_t place, PaddedBytes& out) const override {
    for (const ArrowField& member : members_) {
      out.put(member.name);
      member.column->put(place, out);
    }
    out.put(members_.empty() ? "{}" : "}");
  }

  std::vector<ArrowField> members_;  // names as they are written: `{"first":`, `,"second":`
};

/// Makes the JSON text from `begin` on a string, if it is none.
void make_string(std::size_t begin, PaddedBytes& out) {
  if (out.data()[begin] == '"') return;
  const std::string text(out.view(begin, out.size() - begin));
  out.truncate(begin);
  put_json_string(text, out);
}

class MapColumn final : public ArrowColumn {
 public:
  MapColumn(ArrowColumnHandle keys, ArrowColumnHandle values) : keys_(std::move(keys)), values_(std::move(values)) {}

 private:
  void bind_values(const ArrowArray& array) override {
    const ArrowArray& entries = arrow_child(array, 0);
    offsets_ = array.buffers[1];
    first_entry_ = entries.offset;
    keys_->bind(arrow_child(entries, 0));
    values_->bind(arrow_child(entries, 1));
  }
  void write(std::int64_t place, PaddedBytes& out) const override {
    const std::int64_t begin = first_entry_ + arrow_element<std::int32_t>(offsets_, place);
    const std::int64_t end = first_entry_ + arrow_element<std::int32_t>(offsets_, place + 1);
    out.put("{");
    for (std::int64_t i = begin; i < end; ++i) {
      if (i != begin) out.put(",");
      put_key(i, out);
      out.put(":");
      values_->put(i, out);
    }
    out.put("}");
  }

  void put_key(std::int64_t entry, PaddedBytes& out) const {
    const std::size_t begin = out.size();
    keys_->put(entry, out);
    make_string(begin, out);
  }

  ArrowColumnHandle keys_;
  ArrowColumnHandle values_;
  const void* offsets_ = nullptr;
  std::int64_t first_entry_ = 0;
};

}  // namespace

ArrowColumnHandle make_arrow_struct(std::vector<ArrowField> fields) {
  return std::make_unique<StructColumn>(std::move(fields));
}

ArrowColumnHandle make_arrow_map(ArrowColumnHandle keys, ArrowColumnHandle values) {
  return std::make_unique<MapColumn>(std::move(keys), std::move(values));
}

}  // namespace pgfeed
