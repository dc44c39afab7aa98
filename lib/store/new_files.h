// NewFiles: where an account's new messages are written.
//
//   MessageDraft draft = files.take();
//   ... write a message file (mime/message_file.h) to draft.fd ...
//   ... make the row that names draft.file ...
//   draft.sync();
//   draft.hand_over();            // before the row is committed
//
// Who gets one message after another finds names made ahead; when that goes
// on, in folders of their own that one block of the disk holds: it is then
// written once for many files, not with each one's fsync.  (In a large folder
// every name lies in another block.)
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fd.h"

namespace mail::store {

// A message file that is being written: an empty one at first, removed in the
// end unless it was handed over.  Locked (flock) for as long as it is open: so
// repair knows what somebody is writing (store/recover.h).
class MessageDraft {
 public:
  MessageDraft() = default;  // none
  // Makes msg/FFFF/NAME, which is `where`; `folder` is msg/FFFF.  Throws
  // Fault.
  MessageDraft(const std::string& msg, const Fd& folder, std::string where);
  ~MessageDraft();
  MessageDraft(MessageDraft&& other) noexcept;
  MessageDraft& operator=(MessageDraft&& other) noexcept;

  Fd fd;
  std::string file;  // FFFF/NAME

  // Once this returns, what was written survives a power cut; nothing is
  // written any more.  Throws Fault, also when the file has lost its name.
  void sync();
  bool is_synced() const { return synced_; }

  // A row may name the file from here on: it stays whatever happens.
  void hand_over() { kept_ = true; }

 private:
  std::string path_;  // empty: moved away
  bool synced_ = false;
  bool kept_ = false;
};

// One thread at a time.
class NewFiles {
 public:
  // `msg`: the account's folder of message files.
  explicit NewFiles(std::string msg) : msg_(std::move(msg)) {}

  // An empty file of a name that nobody guesses; `now` on the steady clock.
  // Throws Fault.
  MessageDraft take(Micros now = steady_time());

  // msg/FFFF of a file of this name, made when missing.
  Fd folder_of(std::string_view name);

  // Whether a folder of this name was made for a burst of messages: nobody
  // puts anything into it a day later.
  static bool is_of_a_burst(std::string_view folder);

 private:
  // Below msg/.
  struct Folder {
    std::string name;
    Fd fd;
    std::size_t files = 0;  // made here by us
  };
  Folder& usual_folder(std::string_view file);
  Folder& burst_folder(std::string_view file);
  void make_ahead(Micros now);

  std::string msg_;
  Folder usual_;  // another one every 12 days
  Folder burst_;
  std::deque<MessageDraft> ahead_;
  std::size_t batch_ = 0;  // so many were made at once
  Micros made_ = 0;        // then, on the steady clock
};

}  // namespace mail::store
