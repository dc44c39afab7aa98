#include "intake/desk.h"

#include <algorithm>

#include "base/ascii.h"
#include "intake/spooled.h"
#include "smtp/trace.h"

namespace mail::intake {
namespace {

using smtp::Reply;

// What a message of undeclared size is expected to need.
constexpr std::int64_t kLittle = 16 << 10;
// Up to here, and to a small part of the quota, nobody is asked for the room
// there is: the scheduler tells of mailboxes that are full without it.
constexpr std::int64_t kSmall = 64 << 10;
constexpr std::int64_t kSmallPart = 64;

Reply ok() { return {250, "2.1.0", "Ok"}; }
Reply suspended() { return {550, "5.7.1", "Your account is suspended"}; }

}  // namespace

Desk::Desk(const Parts& parts)
    : parts_(parts),
      relay_networks_(parts.settings.smtp_relay_networks),
      names_(parts.resolver) {}

std::string Desk::client_name(const smtp::Client& client) {
  // Who is local or a user is not asked for a name.
  if (client.address.empty() || client.loopback || client.account) return "";
  return names_.name_of(client.address);
}

bool Desk::is_trusted(const smtp::Client& client) const {
  return relay_networks_.contains(client.address);
}

// A session lives on when its account is suspended or removed.
bool Desk::is_active(std::uint64_t account) const {
  const auto found = parts_.directory.account(account);
  return found && found->active;
}

Reply Desk::sender(const smtp::Client& client, const smtp::Sender& sender) {
  if (client.account && !is_active(client.account)) return suspended();
  // The null sender is for everyone: clients send disposition notifications
  // with it (RFC 8098 section 3).
  if (client.account && !sender.address.empty() &&
      !parts_.directory.may_send_as(client.account, sender.address)) {
    return {553, "5.7.1", "This sender address is not yours"};
  }
  if (!parts_.spool.has_room(sender.size, parts_.settings.minimum_free)) {
    return {452, "4.3.1", "No space here now; try again later"};
  }
  return ok();
}

bool Desk::may_relay(const smtp::Client& client) const {
  return client.account || is_trusted(client);
}

std::string Desk::full_address(const smtp::Recipient& recipient) const {
  if (!recipient.domain.empty()) return recipient.address;
  return recipient.address + "@" +
         directory::postmaster_domain(parts_.directory,
                                      parts_.settings.hostname);
}

Reply Desk::recipient(const smtp::Client& client,
                      const smtp::Transaction& transaction,
                      const smtp::Recipient& recipient) {
  if (client.account && !is_active(client.account)) return suspended();
  const std::string address = full_address(recipient);
  const std::string domain = address.substr(address.rfind('@') + 1);
  if (parts_.directory.is_local(domain)) {
    if (parts_.scheduler.is_suspended(domain)) {
      return {450, "4.3.2", "Mail for this domain is suspended"};
    }
    return local_recipient(address, transaction.sender.size);
  }
  if (!may_relay(client)) return {550, "5.7.1", "Relaying denied"};
  return {250, "2.1.5", "Ok"};
}

// Whether a mailbox has room for a message of this size; 0: not declared.
Desk::Fit Desk::fit(const directory::Destination& end, std::int64_t size) {
  if (end.account == 0) return Fit::Yes;
  const std::int64_t quota =
      end.quota_bytes > 0 ? end.quota_bytes : parts_.settings.quota;
  if (quota > 0 && size > quota) return Fit::Never;
  const std::int64_t wanted = size > 0 ? size : std::min(kLittle, quota / 8);
  const bool large =
      quota > 0 && wanted > std::min(kSmall, quota / kSmallPart);
  const auto room = large ? parts_.scheduler.room(end.account) : std::nullopt;
  const bool full = room ? *room < wanted
                         : parts_.scheduler.is_full(end.account);
  return full ? Fit::NotNow : Fit::Yes;
}

// RFC 1870 section 6.1: the declared size counts, for each recipient.
Reply Desk::local_recipient(std::string_view address, std::int64_t size) {
  const auto ends = parts_.directory.expand(address);
  if (!ends) return {550, "5.1.1", "No such mailbox here"};
  if (std::ranges::none_of(*ends, &directory::Destination::active)) {
    return {550, "5.2.1", "This mailbox takes no mail at present"};
  }
  bool later = false;
  for (const auto& end : *ends) {
    const Fit fits = fit(end, size);
    if (fits == Fit::Yes) return {250, "2.1.5", "Ok"};
    later = later || fits == Fit::NotNow;
  }
  if (later) return {452, "4.2.2", "The mailbox has no room for it now"};
  return {552, "5.2.3", "The message is larger than the mailbox may be"};
}

std::unique_ptr<smtp::Incoming> Desk::begin(
    const smtp::Client& client, const smtp::Transaction& transaction) {
  const smtp::Sender& sender = transaction.sender;
  spool::Envelope envelope;
  envelope.arrived = parts_.clock.now();
  envelope.sender = sender.address;
  envelope.account = client.account;
  envelope.client_address = client.address;
  envelope.client_name = client.name;
  envelope.helo = client.helo;
  if (client.tls.active()) {
    envelope.tls = client.tls.protocol + " " + client.tls.cipher;
  }
  envelope.protocol = smtp::protocol_word(client, sender);
  envelope.ret = sender.ret;
  envelope.envid = sender.envid;
  envelope.smtputf8 = sender.smtputf8;
  envelope.eight_bit_mime = sender.eight_bit_mime;
  for (const smtp::Recipient& recipient : transaction.recipients) {
    envelope.recipients.push_back(
        {full_address(recipient), recipient.orcpt, recipient.notify});
  }
  auto draft = parts_.spool.create(envelope.arrived, sender.size);
  return std::make_unique<Spooled>(std::move(draft), std::move(envelope),
                                   client.service, parts_.settings.hostname,
                                   parts_.scheduler);
}

}  // namespace mail::intake
