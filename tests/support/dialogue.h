// Dialogue: one conversation in a file, played against a session or a server.
//
//   # DATA needs a recipient that was accepted (RFC 5321 4.1.1.4).
//   < 220
//   > MAIL FROM:<a@client.example>
//   < 503 5.5.1
//
//   > TEXT    sends TEXT and CRLF
//   >> TEXT   sends TEXT as it is
//   < TEXT    the next line begins with TEXT
//   <= TEXT   the next line is TEXT
//   <~ TEXT   a line from here on begins with TEXT; those before it are
//             skipped
//   !tls      begins TLS (behind the answer to STARTTLS)
//   !closed   the peer has closed, nothing is left to read
//
// A digit in front ("2> NOOP") names another connection; it is made when it is
// first used.  In TEXT, \r \n \t \\ and \xHH are bytes; $NAME is a name that
// the runner gives a value; in expected text ~ stands for any bytes.  The lines
// of an SMTP reply that was left in the middle ("250-...") are skipped.
// tests/support/dialogue.py plays the same files against a port.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mail {

struct DialogueStep {
  enum class Kind { Send, Begins, Is, Skip, Tls, Closed };
  Kind kind = Kind::Send;
  int connection = 1;
  std::string text;  // bytes to send, CRLF included; or what is expected
  int line = 0;      // of the file
};

using DialogueNames = std::map<std::string, std::string>;

// Reads a dialogue; a line it does not understand is a Fault.
std::vector<DialogueStep> read_dialogue(const std::string& path,
                                        const DialogueNames& names);

// One connection to what is tested.
class DialoguePeer {
 public:
  virtual ~DialoguePeer() = default;
  virtual void send(std::string_view bytes) = 0;
  // The next line without its line end; nothing when none is to come.
  virtual std::optional<std::string> line() = 0;
  virtual void start_tls() = 0;
  virtual bool closed() = 0;
};

using DialogueConnect = std::function<std::unique_ptr<DialoguePeer>()>;

// Plays it; what went wrong first ("7: expected 503, got 250 ok"), or empty.
std::string play(const std::vector<DialogueStep>& steps,
                 const DialogueConnect& connect);

// All *.txt of a folder, sorted: full paths.
std::vector<std::string> dialogues_in(const std::string& folder);

}  // namespace mail
