// Complaint: one line in the log for all the files that made the same trouble.
//
//   Complaint complaint("scan-failed");
//   for (...) complaint.add(id, why);   // told when it goes out of scope
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/log.h"

namespace mail::deliver {

class Complaint {
 public:
  explicit Complaint(std::string_view event) : event_(event) {}
  Complaint(const Complaint&) = delete;
  Complaint& operator=(const Complaint&) = delete;
  ~Complaint() {
    if (files_ == 0) return;
    log_error(event_, {{"id", id_}, {"reason", why_}, {"files", files_}});
  }

  void add(const std::string& id, const std::string& why) {
    if (files_++ > 0) return;
    id_ = id;
    why_ = why;
  }
  bool empty() const { return files_ == 0; }

 private:
  std::string_view event_;
  std::string id_;  // the first of them
  std::string why_;
  std::size_t files_ = 0;
};

}  // namespace mail::deliver
