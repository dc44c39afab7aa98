// The commands of a mail transaction: MAIL, RCPT, DATA and BDAT.
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "smtp/session.h"
#include "smtp/trace.h"
#include "smtp/trouble.h"

namespace mail::smtp {
namespace {

// Of one connection: who asks for more is after our list of names.
constexpr int kRefusedRecipients = 100;

void log_refusal(const Client& client, const Sender& sender,
                 std::string_view to, const Reply& reply) {
  count(reply.code() < 500 ? Metric::SmtpPutOff : Metric::SmtpRefused,
        status_subject(reply.enhanced()));
  log_info("refused", {{"client", client.address},
                       {"from", sender.address},
                       {"to", to},
                       {"code", reply.code()},
                       {"reason", reply.text()}});
}

// RFC 5321 4.1.1.11: a parameter that was not offered.
Reply no_reports() {
  return {555, "5.5.4", "Delivery reports were not offered to you"};
}

}  // namespace

Session::MaybeReply Session::mail(std::string_view argument) {
  if (client_.service == Service::Submission && !client_.account) {
    return may_auth() ? Reply(530, "5.7.0", "Authentication required")
                      : Reply(530, "5.7.0", "Say STARTTLS first");
  }
  const auto sender = parse_mail(argument);
  if (!sender) return sender.error();
  if (sender->wants_reports() && !may_have_reports()) return no_reports();
  const Reply reply = mail_from(*sender);
  if (reply.positive()) {
    transaction_ = {*sender, {}};
    state_ = State::Sender;
  } else {
    log_refusal(client_, *sender, "", reply);
  }
  return reply;
}

Reply Session::mail_from(const Sender& sender) {
  if (sender.size > rules_.message_size) {
    return {552, "5.3.4", "The message is too large"};
  }
  if (!named_) client_.name = intake_.client_name(client_);
  named_ = true;
  return intake_.sender(client_, sender);
}

Session::MaybeReply Session::rcpt(std::string_view argument) {
  const auto recipient = parse_rcpt(argument);
  if (!recipient) return recipient.error();
  if (recipient->wants_reports() && !may_have_reports()) return no_reports();
  const Reply reply = rcpt_to(*recipient);
  if (reply.positive()) {
    transaction_.recipients.push_back(*recipient);
    state_ = State::Rcpt;
    return reply;
  }
  log_refusal(client_, transaction_.sender, recipient->address, reply);
  if (reply.code() >= 500 && ++refused_recipients_ >= kRefusedRecipients) {
    next_ = Next::Close;
    return Reply(421, "4.7.0", "Too many unknown recipients");
  }
  return reply;
}

Reply Session::rcpt_to(const Recipient& recipient) {
  const auto known = static_cast<std::int64_t>(transaction_.recipients.size());
  if (known >= rules_.recipients) {
    return {452, "4.5.3", "Too many recipients; send the rest again"};
  }
  if (recipient.needs_utf8 && !transaction_.sender.smtputf8) {
    return {553, "5.6.7", "This address needs SMTPUTF8"};
  }
  return intake_.recipient(client_, transaction_, recipient);
}

void Session::begin_message(Scanner::Form form) {
  const auto newlines = client_.account ? Reception::Newlines::Repaired
                                        : Reception::Newlines::Strict;
  reception_.emplace(form, Reception::Bounds{rules_.message_size, rules_.hops,
                                             newlines});
  const auto trouble = trouble_in("DATA", [&] {
    auto incoming = intake_.begin(client_, transaction_);
    const std::string trace = received_field(
        client_, transaction_, rules_.hostname, incoming->id(), wall_time());
    reception_->begin(std::move(incoming), trace);
  });
  if (trouble) reception_->refuse(*trouble);
}

Session::MaybeReply Session::data(std::string_view argument) {
  if (!argument.empty()) return Reply(501, "5.5.4", "DATA stands alone");
  begin_message(Scanner::Form::Dotted);
  if (const MaybeReply refusal = reception_->refusal()) {
    reception_.reset();
    return refusal;
  }
  begin_bytes(Reading::Data);
  return Reply(354, "End data with <CR><LF>.<CR><LF>");
}

Session::MaybeReply Session::bdat(std::string_view argument) {
  const auto chunk = parse_bdat(argument);
  if (!chunk) return chunk.error();
  // RFC 3030 section 2: the chunk follows whatever the answer will be.
  chunk_left_ = chunk->size;
  last_chunk_ = chunk->last;
  stray_chunk_ = state_ != State::Rcpt && state_ != State::Chunks;
  begin_bytes(Reading::Chunk);
  if (state_ == State::Rcpt) {
    begin_message(Scanner::Form::Plain);
    state_ = State::Chunks;
  }
  return {};
}

void Session::end_data(net::Output& out) {
  const Reply reply = reception_->finish();
  if (!reply.positive()) {
    log_refusal(client_, transaction_.sender, "", reply);
  }
  // RFC 2033 section 4.2: LMTP answers once for each recipient.
  const std::size_t times = client_.service == Service::Lmtp
                                ? transaction_.recipients.size()
                                : 1;
  for (std::size_t i = 0; i < times; ++i) say(reply, out);
  if (reply.positive()) mistakes_ = 0;
  reset();
}

void Session::end_chunk(net::Output& out) {
  reading_ = Reading::Commands;
  if (stray_chunk_) {
    ++mistakes_;
    say({503, "5.5.1", "BDAT needs a sender and a recipient"}, out);
    return;
  }
  if (last_chunk_) {
    end_data(out);
    return;
  }
  // Once refused, all further chunks are, until RSET or the last one.
  const auto refusal = reception_->refusal();
  say(refusal.value_or(Reply(250, "2.0.0", "Octets taken")), out);
}

void Session::reset() {
  reception_.reset();
  transaction_ = {};
  if (state_ != State::Start) state_ = State::Idle;
  reading_ = Reading::Commands;
}

}  // namespace mail::smtp
