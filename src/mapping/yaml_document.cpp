#include "mapping/yaml_document.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "mapping/utf8.hpp"

namespace pgfeed {
namespace {

constexpr std::size_t kMaxBytes = 1024 * 1024;
constexpr std::size_t kMaxNodes = 100'000;
constexpr std::size_t kMaxDepth = 64;

std::int64_t line_of(const YAML::Mark& mark) { return mark.is_null() ? 1 : std::int64_t{mark.line} + 1; }

/// Builds the tree from the parser's events.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const Diagnostic& diagnostic) : diagnostic_(diagnostic) {}

  [[nodiscard]] std::shared_ptr<const YamlNode> top() const { return top_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) diagnostic_.fail(line_of(mark), "a mapping is one YAML document; a second begins here");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto node = make(YamlNode::Kind::null, mark);
    // What is left empty is marked where the next thing begins, perhaps lines below its key.
    if (!open_.empty() && open_.back().key) node->line = open_.back().key->line;
    leaf(std::move(node), anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    auto node = make(YamlNode::Kind::scalar, mark);
    node->plain = tag == "?";
    node->text = value;
    leaf(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) diagnostic_.fail(line_of(mark), "the alias stands inside what it refers to");
    add(found->second, line_of(mark));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(make(YamlNode::Kind::sequence, mark), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(make(YamlNode::Kind::map, mark), anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Key {
    std::string text;
    std::int64_t line;
  };
  struct Open {
    std::shared_ptr<YamlNode> node;
    YAML::anchor_t anchor;
    std::optional<Key> key;                               ///< read, its value not yet
    std::set<std::string> keys;                           ///< seen so far
    std::vector<std::shared_ptr<const YamlNode>> merged;  ///< values of `<<`
  };

  static std::shared_ptr<YamlNode> make(YamlNode::Kind kind, const YAML::Mark& mark) {
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->line = line_of(mark);
    return node;
  }

  void leaf(std::shared_ptr<YamlNode> node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    const std::int64_t line = node->line;
    add(std::move(node), line);
  }

  void open(std::shared_ptr<YamlNode> node, YAML::anchor_t anchor) {
    if (open_.size() >= kMaxDepth) diagnostic_.fail(node->line, fmt::format("more than {} levels", kMaxDepth));
    open_.push_back({std::move(node), anchor, {}, {}, {}});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    for (const auto& merged : done.merged) merge(done, *merged);
    if (done.anchor != YAML::NullAnchor) anchors_[done.anchor] = done.node;
    const std::int64_t line = done.node->line;
    add(std::move(done.node), line);
  }

  void add(std::shared_ptr<const YamlNode> node, std::int64_t line) {
    if (open_.empty()) {
      top_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node->kind == YamlNode::Kind::map && !parent.key) {
      take_key(parent, *node, line);
      return;
    }
    grow(*parent.node, *node, line);
    if (parent.node->kind == YamlNode::Kind::sequence) {
      parent.node->items.push_back(std::move(node));
    } else if (parent.key->text == "<<") {
      take_merge(parent, node, line);
      parent.key.reset();
    } else {
      parent.node->members.push_back({std::move(parent.key->text), parent.key->line, std::move(node)});
      parent.key.reset();
    }
  }

  void take_key(Open& parent, const YamlNode& node, std::int64_t line) {
    if (node.kind != YamlNode::Kind::scalar) diagnostic_.fail(line, "a key must be a text; put it in quotes");
    if (!parent.keys.insert(node.text).second) diagnostic_.fail(line, shown(node.text) + " stands twice in the same map");
    parent.key = Key{node.text, line};
  }

  void take_merge(Open& parent, const std::shared_ptr<const YamlNode>& node, std::int64_t line) {
    const bool many = node->kind == YamlNode::Kind::sequence;
    const auto values = many ? node->items : std::vector<std::shared_ptr<const YamlNode>>{node};
    for (const auto& value : values) {
      if (value->kind != YamlNode::Kind::map) diagnostic_.fail(line, "the value of << must be a map");
      if (many) grow(*parent.node, *value, line);
      parent.merged.push_back(value);
    }
  }

  // What a map says itself goes before what it merges, and an earlier merge before a later one.
  static void merge(Open& into, const YamlNode& from) {
    for (const YamlNode::Member& member : from.members) {
      if (into.keys.insert(member.key).second) into.node->members.push_back(member);
    }
  }

  // Aliases make a small text a large tree; what is counted here is the large one.
  void grow(YamlNode& parent, const YamlNode& child, std::int64_t line) {
    parent.nodes += child.nodes;
    parent.height = std::max(parent.height, child.height + 1);
    if (parent.nodes > kMaxNodes) diagnostic_.fail(line, fmt::format("more than {} nodes", kMaxNodes));
    if (open_.size() + child.height > kMaxDepth) diagnostic_.fail(line, fmt::format("more than {} levels", kMaxDepth));
  }

  const Diagnostic& diagnostic_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, std::shared_ptr<const YamlNode>> anchors_;
  std::shared_ptr<const YamlNode> top_;
  int documents_ = 0;
};

void check_bytes(const std::string& text, const Diagnostic& diagnostic) {
  if (text.size() > kMaxBytes) diagnostic.fail(1, "larger than 1 MiB, which no mapping is");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t'; };
  const auto line_at = [&](std::size_t at) {
    return 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  };
  const auto control = std::ranges::find_if(text, is_control);
  if (control != text.end()) {
    const auto at = static_cast<std::size_t>(control - text.begin());
    diagnostic.fail(line_at(at),
                    fmt::format("the control character 0x{:02x}: not a text file", static_cast<unsigned>(*control)));
  }
  const std::size_t valid = valid_utf8_prefix(text);
  if (valid != text.size()) diagnostic.fail(line_at(valid), "not valid UTF-8");
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto found = std::ranges::find(members, key, &Member::key);
  return found == members.end() ? nullptr : found->value.get();
}

std::shared_ptr<const YamlNode> parse_yaml(const std::string& text, const Diagnostic& diagnostic) {
  check_bytes(text, diagnostic);
  TreeBuilder builder(diagnostic);
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {}
  } catch (const YAML::Exception& error) {
    diagnostic.fail(line_of(error.mark), "not valid YAML: " + error.msg);
  }
  auto top = builder.top();
  if (top == nullptr || top->kind == YamlNode::Kind::null) diagnostic.fail(1, "the mapping is empty");
  if (top->kind != YamlNode::Kind::map) diagnostic.fail(top->line, "a mapping is a map that begins with version: 1");
  return top;
}

}  // namespace pgfeed
