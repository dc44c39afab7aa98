"""Runs a daemon as its systemd unit says, where no systemd runs.

    as_unit.py ROOT BASE UNIT

ROOT is where `make install DESTDIR=ROOT PREFIX=/usr` has put everything; each
absolute path of a unit is taken below it.  Ports are taken above BASE on the
loopback addresses.  Honoured, so that a mistake in a unit is found: ExecStart,
User, Group, SupplementaryGroups, UMask, LimitNOFILE, Sockets (with
ListenStream, FileDescriptorName, SocketMode), NoNewPrivileges and
CapabilityBoundingSet, and as far as this machine lets us: ProtectSystem=strict
with ReadWritePaths, PrivateNetwork, SystemCallFilter, RestrictAddressFamilies,
RestrictSUIDSGID and MemoryDenyWriteExecute.  What it cannot do it says in one
line.  It becomes the daemon: its process id is the daemon's.
"""
import ctypes
import fcntl
import grp
import os
import pwd
import resource
import shutil
import socket
import subprocess
import sys

root, base, unit = sys.argv[1], int(sys.argv[2]), sys.argv[3]
units = root + "/usr/lib/systemd/system/"
libc = ctypes.CDLL(None, use_errno=True)


def read(name):
    """The settings of a unit: name -> list of values; "" empties a list."""
    found = {}
    for line in open(units + name, encoding="utf-8"):
        if "=" not in line or line.startswith("#"):
            continue
        key, value = line.rstrip("\n").split("=", 1)
        found.setdefault(key, []).append(value)
    return found


def one(settings, key, default=None):
    return settings.get(key, [default])[-1]


def must(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), what)


def bound(settings):
    """The sockets of one socket unit, each with its name."""
    name = one(settings, "FileDescriptorName")
    # systemd forks to give a socket away; see staunch-lmtp.socket.
    assert not {"SocketUser", "SocketGroup"} & set(settings), name
    for where in settings["ListenStream"]:
        if where.startswith("/"):
            made = socket.socket(socket.AF_UNIX)
            if os.path.exists(root + where):
                os.unlink(root + where)
            made.bind(root + where)
            os.chmod(root + where, int(one(settings, "SocketMode", "0666"), 8))
        else:
            six = where.startswith("[")
            made = socket.socket(socket.AF_INET6 if six else socket.AF_INET)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if six:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            port = base + int(where.rsplit(":", 1)[1])
            try:
                made.bind(("::1" if six else "127.0.0.1", port))
            except OSError:
                if not six:
                    raise
                continue  # a machine without IPv6
        made.listen(int(one(settings, "Backlog", "128")))
        yield name, made


def hand_over(names):
    """Puts the sockets of these units at 3, 4 ..., as sd_listen_fds(3)."""
    sockets = []
    for name in names:
        settings = read(name)
        assert one(settings, "Service") == unit, f"{name} is not for {unit}"
        sockets += bound(settings)
    apart = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 100) for _, s in sockets]
    for _, made in sockets:
        made.detach()
    os.closerange(3, 100)
    for n, number in enumerate(apart):
        os.dup2(number, 3 + n, inheritable=True)
        os.close(number)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(apart)),
                      LISTEN_FDNAMES=":".join(name for name, _ in sockets))


def mount(source, target, flags):
    must(libc.mount(source and source.encode(), target.encode(), None,
                    ctypes.c_ulong(flags), None), "mount " + target)


def private_view(service):
    """ProtectSystem=strict: all but ReadWritePaths is read-only."""
    read_only, remount, bind, rec, private = 1, 32, 4096, 16384, 1 << 18
    new_mounts, new_network = 0x20000, 0x40000000
    kinds = new_mounts
    if one(service, "PrivateNetwork") == "yes":
        kinds |= new_network
    must(libc.unshare(kinds), "unshare")
    mount(None, "/", rec | private)
    writable = " ".join(service.get("ReadWritePaths", [])).split()
    mount(root, root, bind | rec)
    for path in writable:
        mount(root + path, root + path, bind | rec)
    mount(None, root, remount | bind | read_only)


def expand(group):
    """The calls of "@system-service" and the like."""
    if not group.startswith("@"):
        return {group}
    text = subprocess.run(["systemd-analyze", "syscall-filter", group],
                          capture_output=True, text=True, check=True).stdout
    calls = set()
    for line in text.split("\n")[1:]:
        word = line.strip()
        if word and not word.startswith("#"):
            calls |= expand(word)
    return calls


class Condition(ctypes.Structure):  # struct scmp_arg_cmp
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int),
                ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


kEqual, kMasked = 4, 7
kAllow, kRefuse = 0x7FFF0000, 0x00050001  # EPERM
kFamilies = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
# Calls with a mode, and which argument it is.
kModes = [("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("mkdir", 1),
          ("mkdirat", 2), ("open", 2), ("openat", 3), ("creat", 1)]


def filters(service):
    """SystemCallFilter and what else is one, ready to be loaded."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p

    def number(call):
        return library.seccomp_syscall_resolve_name(call.encode())

    def add(which, action, call, *conditions):
        library.seccomp_rule_add_array(
            ctypes.c_void_p(which), ctypes.c_uint32(action), number(call),
            len(conditions), (Condition * max(1, len(conditions)))(*conditions))

    allowed = set()
    for line in service.get("SystemCallFilter", []):
        for word in line.removeprefix("~").split():
            change = allowed.difference_update if line[0] == "~" \
                else allowed.update
            change(expand(word))
    calls = library.seccomp_init(kRefuse)
    families = one(service, "RestrictAddressFamilies", "").split()
    for call in allowed - {"socket"}:
        if number(call) >= 0:
            add(calls, kAllow, call)
    for family in families:
        add(calls, kAllow, "socket", Condition(0, kEqual, kFamilies[family]))
    modes = library.seccomp_init(kAllow)
    if one(service, "RestrictSUIDSGID") == "yes":
        for bit in (0o4000, 0o2000):
            for call, at in kModes:
                add(modes, kRefuse, call, Condition(at, kMasked, bit, bit))
    if one(service, "MemoryDenyWriteExecute") == "yes":
        add(modes, kRefuse, "mmap", Condition(2, kMasked, 6, 6))
        add(modes, kRefuse, "mprotect", Condition(2, kMasked, 4, 4))

    def load():
        for which in (modes, calls):
            assert library.seccomp_load(ctypes.c_void_p(which)) == 0
    return load


def drop(service):
    """Becomes the unit's user, for good and without any capability."""
    user = pwd.getpwnam(one(service, "User"))
    groups = [grp.getgrnam(name).gr_gid
              for name in one(service, "SupplementaryGroups", "").split()]
    main = grp.getgrnam(one(service, "Group")).gr_gid
    # systemd asks initgroups(3) too: what the user belongs to anyway.
    groups += os.getgrouplist(user.pw_name, main)
    files = int(one(service, "LimitNOFILE"))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(files, hard),) * 2)
    os.umask(int(one(service, "UMask", "0022"), 8))
    if one(service, "CapabilityBoundingSet") == "":
        for capability in range(64):
            libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
    os.setgroups(sorted(set(groups)))
    os.setresgid(main, main, main)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    if one(service, "NoNewPrivileges") == "yes":
        must(libc.prctl(38, 1, 0, 0, 0), "no_new_privs")


def main():
    service = read(unit)
    for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        os.environ.pop(name, None)
    line = one(service, "ExecStart").split()
    # systemd's own words for what it fills in; no unit of ours needs them.
    assert not any("%" in word or "$" in word for word in line), line
    line = [root + word if word.startswith("/") else word for word in line]
    load = None
    if shutil.which("systemd-analyze"):
        load = filters(service)
    else:
        print("as_unit: no systemd-analyze, so no SystemCallFilter")
    hand_over(one(service, "Sockets", "").split())
    try:
        private_view(service)
    except OSError as why:
        print(f"as_unit: no view of its own for {unit}: {why}", flush=True)
    drop(service)
    sys.stdout.flush()
    if load:
        load()
    os.execv(line[0], line)


main()
