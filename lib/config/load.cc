#include "config/load.h"

#include <sysexits.h>

#include <filesystem>
#include <set>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <toml++/toml.h>
#pragma GCC diagnostic pop

#include "base/file.h"
#include "base/process.h"
#include "config/table.h"

namespace mail::config {
namespace {

// Reads the values of one file into settings, collecting what is wrong.
class Reader {
 public:
  void read(const toml::table& table) {
    for (const auto& [key, node] : table) read_one(key.str(), node);
    check_whole(table);
  }

  const Settings& settings() const { return settings_; }
  std::vector<Mistake> take_mistakes() {
    std::ranges::stable_sort(mistakes_, {}, &Mistake::line);
    return std::move(mistakes_);
  }

 private:
  void read_one(std::string_view name, const toml::node& node) {
    const Setting* setting = find_setting(name);
    if (!setting) return unknown(name, node);
    setting_ = setting;
    std::visit([&](const auto field) { take(settings_.*field, node); },
               setting->field);
  }

  void unknown(std::string_view name, const toml::node& node) {
    std::string what = "there is no setting " + toml_string(name);
    if (const auto similar = similar_setting(name)) {
      what += "; did you mean " + toml_string(*similar) + "?";
    }
    mistakes_.push_back({node.source().begin.line, std::move(what)});
  }

  void wrong(const toml::node& node, std::string_view what) {
    mistakes_.push_back({node.source().begin.line,
                         std::string(setting_->name) + ": " +
                             std::string(what)});
  }

  void wrong_type(const toml::node& node) {
    wrong(node, "must be a " + std::string(type_of(*setting_)));
  }

  void take(std::string& value, const toml::node& node) {
    const auto text = node.value_exact<std::string>();
    if (!text) return wrong_type(node);
    if (checked(*text, node)) value = *text;
  }

  void take(std::int64_t& value, const toml::node& node) {
    const auto number = node.value_exact<std::int64_t>();
    if (!number) return wrong_type(node);
    if (*number < setting_->least || *number > setting_->most) {
      return wrong(node, "must be from " + std::to_string(setting_->least) +
                             " to " + std::to_string(setting_->most));
    }
    value = *number;
  }

  void take(bool& value, const toml::node& node) {
    const auto given = node.value_exact<bool>();
    if (!given) return wrong(node, "must be true or false");
    value = *given;
  }

  void take(std::vector<std::string>& value, const toml::node& node) {
    each_text(node, [&](const std::string& text, const toml::node& item) {
      if (checked(text, item)) value.push_back(text);
    });
  }

  void take(std::vector<Listen>& value, const toml::node& node) {
    each_text(node, [&](const std::string& text, const toml::node& item) {
      const auto listen = parse_listen(text);
      if (!listen) return wrong(item, listen.error().why);
      for (const Listen& other : value) {
        if (other.address != listen->address || other.port != listen->port) {
          continue;
        }
        return wrong(item, toml_string(text) + " is what " + other.name +
                               " has already");
      }
      value.push_back(*listen);
    });
  }

  template <class Use>
  void each_text(const toml::node& node, Use use) {
    const toml::array* list = node.as_array();
    if (!list) return wrong_type(node);
    for (const toml::node& item : *list) {
      const auto text = item.value_exact<std::string>();
      if (text) {
        use(*text, item);
      } else {
        wrong_type(item);
      }
    }
  }

  bool checked(const std::string& text, const toml::node& node) {
    if (text.find('\0') != text.npos) {
      wrong(node, "a NUL character");
      return false;
    }
    if (!setting_->check) return true;
    const auto why = setting_->check(text);
    if (why) wrong(node, *why);
    return !why;
  }

  // What only shows when all is read.
  void check_whole(const toml::table& table) {
    const bool complained = std::ranges::any_of(
        mistakes_,
        [](const Mistake& m) { return m.what.starts_with("hostname:"); });
    if (settings_.hostname.empty() && !complained) {
      mistakes_.push_back({1, "hostname must be set"});
    }
    if (settings_.tls_certificate.empty() != settings_.tls_key.empty()) {
      const auto given = settings_.tls_key.empty() ? "tls_certificate"
                                                   : "tls_key";
      at_line_of(table, given, "tls_certificate and tls_key go together");
    }
    if (settings_.dns_local_only && settings_.dns_records.empty()) {
      at_line_of(table, "dns_local_only", "dns_local_only wants dns_records");
    }
    std::set<std::string> networks;
    for (const std::string& limit : settings_.connections_for) {
      const std::string network = limit.substr(0, limit.find('='));
      if (networks.insert(network).second) continue;
      at_line_of(table, "connections_for",
                 "connections_for: " + network + " is there twice");
    }
  }

  void at_line_of(const toml::table& table, std::string_view name,
                  std::string what) {
    mistakes_.push_back({table.get(name)->source().begin.line,
                         std::move(what)});
  }

  Settings settings_;
  const Setting* setting_ = nullptr;
  std::vector<Mistake> mistakes_;
};

// Relative paths count from the folder the file lies in.
void resolve_paths(Settings& settings, const std::filesystem::path& folder) {
  const auto resolve = [&](std::string& path) {
    if (path.empty() || path.starts_with('/')) return;
    path = (folder / path).lexically_normal().string();
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  };
  resolve(settings.data);
  resolve(settings.run);
  resolve(settings.tls_certificate);
  resolve(settings.tls_key);
  resolve(settings.dns_records);
  resolve(settings.relay_passwords);
  resolve(settings.tls_authorities);
  for (std::string& pair : settings.tls_more) {
    const auto space = pair.find(' ');
    std::string certificate = pair.substr(0, space);
    std::string key = pair.substr(space + 1);
    resolve(certificate);
    resolve(key);
    pair = certificate + " " + key;
  }
}

// The settings, or what is wrong with them.
std::expected<Settings, std::vector<Mistake>> read(std::string_view text) {
  const toml::parse_result result = toml::parse(text);
  if (!result) {
    const toml::parse_error& error = result.error();
    return std::unexpected(std::vector{Mistake{
        error.source().begin.line, std::string(error.description())}});
  }
  Reader reader;
  reader.read(result.table());
  auto mistakes = reader.take_mistakes();
  if (!mistakes.empty()) return std::unexpected(std::move(mistakes));
  return reader.settings();
}

}  // namespace

Result<Settings> parse(std::string_view text, std::string_view name) {
  auto settings = read(text);
  if (!settings) return refuse(report(name, settings.error()));
  return std::move(*settings);
}

std::vector<Mistake> mistakes_in(std::string_view text) {
  auto settings = read(text);
  if (settings) return {};
  return std::move(settings.error());
}

std::string report(std::string_view name,
                   const std::vector<Mistake>& mistakes) {
  std::string text;
  for (const Mistake& mistake : mistakes) {
    if (!text.empty()) text += "\n";
    text += std::string(name) + ":" + std::to_string(mistake.line) + ": " +
            mistake.what;
  }
  return text;
}

std::size_t line_of(std::string_view text, std::string_view setting,
                    std::size_t item) {
  const toml::parse_result result = toml::parse(text);
  if (!result) return 1;
  const toml::node* node = result.table().get(setting);
  if (!node) return 1;
  const toml::array* list = node->as_array();
  if (list && item < list->size()) node = list->get(item);
  return node->source().begin.line;
}

Result<Settings> load_if_good(const std::string& path) {
  const auto text = read_file(path, kLargestFile);
  if (!text) return refuse(path + ": there is no such file");
  auto settings = parse(*text, path);
  if (!settings) return settings;
  resolve_paths(*settings, std::filesystem::absolute(path).parent_path());
  return settings;
}

Settings load(const std::string& path) {
  auto settings = load_if_good(path);
  if (settings) return std::move(*settings);
  const bool there = std::filesystem::exists(path);
  throw Exit(there ? EX_CONFIG : EX_NOINPUT, settings.error().why);
}

Settings load_again(const std::string& path, const Settings& running) {
  Settings settings = load(path);
  settings.data = running.data;
  settings.run = running.run;
  settings.listen = running.listen;
  settings.senders = running.senders;
  return settings;
}

}  // namespace mail::config
