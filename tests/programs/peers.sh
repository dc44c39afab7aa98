# Other mail servers for a test; sourced behind instance.sh.
#
#   start_peers PORT ADDRESS=MANNER ...
#   delivered                 the addresses that mail has arrived for, sorted
#   times_421                 how often a busy one has said 421
#   stop_peers                also when the test ends
#
# Manners: accept, greylist, refuse, busy and hang (smtp_peer.py says what they
# are).  Where Postfix is installed and we are root, the first four are a
# Postfix of its own, an address with its manner each; else all are scripted.
peers=
peers_kind=scripted

start_scripted() {  # port, address=manner ...
  local folder=$work/peers port=$1
  shift
  mkdir -p "$folder"
  mkfifo "$folder/alive.$port"
  $python "$repo/tests/programs/smtp_peer.py" "$port" "$folder" "$@" \
    <"$folder/alive.$port" >"$folder/said.$port" 2>"$folder/errors.$port" &
  peers="$peers $!"
  # They end when nobody holds the other end of their standard input.
  exec {alive}>"$folder/alive.$port"
  wait_for 10 grep -q ready "$folder/said.$port" ||
    fail "the peers do not start: $(cat "$folder/errors.$port")"
}

postfix_service() {  # address manner: lines of master.cf
  echo "$1:$peers_port inet n - n - 30 smtpd"
  echo "  -o smtpd_recipient_restrictions=\$on_$2"
  [ "$2" != busy ] || echo "  -o smtpd_client_connection_count_limit=5"
}

start_postfix() {  # port, address=manner ...
  local folder=$work/peers word
  peers_port=$1
  shift
  mkdir -p "$folder"/{etc,queue,data,mail/new,mail/cur,mail/tmp}
  chmod 755 "$folder"
  chown postfix "$folder/data"
  chown -R nobody "$folder/mail"
  cat >"$folder/etc/main.cf" <<C
compatibility_level = 3.6
queue_directory = $folder/queue
data_directory = $folder/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = peer.example
mydestination =
mynetworks =
on_accept = check_recipient_access
  inline:{ {ghost@d01.example = 550 5.1.1 No such user here} }, permit
on_greylist = check_policy_service inet:127.0.0.1:$((peers_port + 1)), permit
on_refuse = check_recipient_access
  static:{550 5.7.1 We do not want this mail}, reject
on_busy = permit
virtual_mailbox_domains = static:all
virtual_mailbox_base = $folder
virtual_mailbox_maps = static:mail/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 1
virtual_mailbox_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_client_event_limit_exceptions =
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_limit = 1000
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
smtpd_peername_lookup = no
maillog_file = $folder/log
maillog_file_prefixes = $folder
alias_maps =
C
  sed '/^smtp  *inet/d' /usr/share/postfix/master.cf.dist >"$folder/etc/master.cf"
  grep -q '^postlog' "$folder/etc/master.cf" ||
    echo "postlog unix-dgram n - n - 1 postlogd" >>"$folder/etc/master.cf"
  for word in "$@"; do
    postfix_service "${word%=*}" "${word#*=}" >>"$folder/etc/master.cf"
  done
  peers_kind=postfix
  postfix -c "$folder/etc" start >"$folder/started" 2>&1 ||
    fail "Postfix does not start: $(cat "$folder/started" "$folder/log")"
  for word in "$@"; do
    wait_for 20 talks "${word%=*}" "$peers_port" ||
      fail "Postfix does not listen at $word: $(cat "$folder/log")"
  done
}

talks() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

start_peers() {  # port, address=manner ...
  local port=$1 scripted= real=
  shift
  for word in "$@"; do
    ! talks "${word%=*}" "$port" ||
      fail "somebody listens at ${word%=*}:$port already"
    case $word in
      *=hang) scripted="$scripted $word" ;;
      *) real="$real $word" ;;
    esac
  done
  if [ "$(id -u)" = 0 ] && [ -x /usr/lib/postfix/sbin/master ] &&
    [ -z "${SCRIPTED:-}" ]; then
    start_scripted $((port + 1)) 127.0.0.1=policy
    start_scripted "$port" $scripted
    start_postfix "$port" $real
  else
    start_scripted "$port" $scripted $real
  fi
}

stop_peers() {
  local process
  [ $peers_kind = scripted ] ||
    postfix -c "$work/peers/etc" stop >/dev/null 2>&1 || true
  for process in $peers; do
    kill "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
  peers=
  peers_kind=scripted
}
end_more() { stop_peers; }

times_421() {
  cat "$work/peers/log" "$work/peers/turned-away" 2>/dev/null |
    grep -cE '^421 |Connection concurrency limit exceeded' || true
}

delivered() {
  find "$work/peers/mail/new" -type f -print0 2>/dev/null |
    xargs -0 -r grep -hm1 '^Delivered-To: ' | sed 's,^Delivered-To: ,,' | sort
}
