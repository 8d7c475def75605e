# What the Debian packages must do, chapter by chapter. Sourced by packaging/test_packages.sh.
# shellcheck shell=bash disable=SC2154,SC2034

conf=/etc/chihaya/chihaya.json

main_pid() { inside systemctl show --property MainPID --value chihaya; }
apt_install() { inside apt-get install -y -qq --no-install-recommends "$@"; }
is_active() { inside systemctl --quiet is-active chihaya; }
check_answers() { inside curl -fsS http://127.0.0.1:6880/check; }
same() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }; }
not() { ! "$@"; }

# ships PACKAGE PATH...
ships() {
  local package=$1 list path
  shift
  list=$(dpkg-deb --fsys-tarfile "$work"/first/"$package"_*.deb | tar -t | sed 's/^\.//')
  for path in "$@"; do
    grep -qxF "$path" <<< "$list" || { echo "$package lacks $path; it has"; echo "$list"; return 1; }
  done
}

lintian_is_content() {
  command -v lintian > /dev/null || { skipped+=("lintian"); return 0; }
  lintian --allow-root --fail-on error,warning "$work"/first/*.deb
}

# The example driver, built with what chihaya-dev has brought and nothing else.
example_builds() {
  local dev=$work/dev
  dpkg-deb -x "$work"/first/chihaya-dev_*.deb "$dev"
  cmake -S "$dev/usr/share/doc/chihaya-dev/examples/tiny" -B "$work/tiny" -G Ninja \
    -DCMAKE_PREFIX_PATH="$dev/usr" -DCMAKE_BUILD_TYPE=Release && cmake --build "$work/tiny"
}

chapter_contents() {
  that "the server's package has program, drivers, units, manual and completions" ships chihaya \
    /usr/bin/chihaya /usr/lib/chihaya/plugins/memory.so /usr/lib/chihaya/plugins/noop.so \
    $conf /usr/lib/systemd/system/chihaya.service /usr/lib/systemd/system/chihaya.socket \
    /usr/lib/sysusers.d/chihaya.conf /usr/share/man/man8/chihaya.8.gz \
    /usr/share/man/man5/chihaya.json.5.gz /usr/share/bash-completion/completions/chihaya \
    /usr/share/doc/chihaya/README.Debian /usr/share/doc/chihaya/copyright
  that "drivers with libraries of their own have packages of their own" \
    ships chihaya-redis /usr/lib/chihaya/plugins/redis.so
  that "so has the link to a site" ships chihaya-gazelle /usr/lib/chihaya/plugins/gazelle.so
  that "the developer's package has headers, CMake package and example" ships chihaya-dev \
    /usr/include/chihaya/tracker_driver.hpp /usr/lib/cmake/chihaya/chihaya-config.cmake \
    /usr/share/doc/chihaya-dev/examples/tiny/CMakeLists.txt
  that "the example is built with the developer's package" example_builds
  that "lintian finds nothing" lintian_is_content
}

listens_on() { inside ss -Hltun | awk '$5 ~ /:688[01]$/ {sub(/:[0-9]+$/, "", $5); print $5}'; }

chapter_install() {
  local before=$failed
  inside sh -c 'find / -xdev | sort' > "$work/before"
  that "one command installs it" \
    apt_install /packages/first/chihaya_0.1.0-1_amd64.deb
  [ "$failed" -eq "$before" ] || { inside systemctl status --no-pager chihaya || true; return 1; }
  that "it runs" is_active
  that "it is started with the machine" inside systemctl --quiet is-enabled chihaya
  that "it says that it is ready" eventually check_answers
  that "it runs as a user of its own" \
    same "$(inside ps -o user= -p "$(main_pid)")" chihaya
  that "other users cannot read its configuration" \
    same "$(inside stat -c '%U:%G %a' /etc/chihaya)" "root:chihaya 750"
  that "its state is its own" \
    same "$(inside stat -c '%U:%G %a' /var/lib/chihaya)" "chihaya:chihaya 750"
  that "it listens on this machine only" \
    same "$(listens_on | sort -u | paste -sd ' ')" "127.0.0.1"
  that "systemd rates its exposure below 2.0" \
    inside systemd-analyze security --threshold=19 chihaya.service
  that "its manual is found" inside man -w chihaya chihaya.json
}

journal_has_priorities() {
  inside journalctl -u chihaya -o json --output-fields=MESSAGE,PRIORITY,_COMM --no-pager |
    python3 -c '
import json, re, sys
lines = [json.loads(line) for line in sys.stdin]
own = [line for line in lines if line.get("_COMM", "chihaya") == "chihaya" or "plugin" in line["MESSAGE"]]
bad = [line["MESSAGE"] for line in own if re.match(r"20\d\d-|<\d>", str(line["MESSAGE"]))]
sys.exit(f"{len(own)} lines, {bad[:3]}" if bad or len(own) < 3 else 0)'
}

chapter_use() {
  that "peers find each other over HTTP and over UDP" announces once
  that "its log is the journal's, with priorities" journal_has_priorities
  that "there is a page" inside curl -fsS -o /dev/null http://127.0.0.1:6880/
  that "there are metrics" inside curl -fsS -o /dev/null http://127.0.0.1:6880/metrics
}

is_open_to_the_world() {
  same "$(listens_on | LC_ALL=C sort -u | paste -sd ' ')" "0.0.0.0 127.0.0.1 [::]"
}

chapter_open() {
  edit '"127.0.0.1:6881"' '":6881"'
  that "the changed configuration is good" inside chihaya --config $conf --check
  that "it is read" inside systemctl reload chihaya
  that "the tracker is open to the world, its management is not" eventually is_open_to_the_world
  that "peers are still there" announces holds
}

interval_is() {
  local told
  told=$(announces holds --interval)
  [ "$told" -ge $(($1 * 9 / 10)) ] && [ "$told" -le $(($1 * 11 / 10)) ] ||
    { echo "told $told, expected about $1"; return 1; }
}

# begin_load [--restarts]: clients that announce without pause
begin_load() {
  rm -f "$work"/steady*
  exec_announces steady "$work/steady" "$@" > "$work/steady.out" 2>&1 &
  load=$!
  eventually test -e "$work/steady"
}

# end_load: prints what they have seen; false when an announce has failed
end_load() {
  local result=0
  sleep 1
  kill -s SIGTERM "$load" 2> /dev/null || true
  wait "$load" || result=1
  load=
  cat "$work/steady.out"
  return $result
}

# What the clients counted, in the record of the test.
show_load() { sed 's/^/        /' "$work/steady.out"; }

# times NUMBER COMMAND...
times() {
  local count=$1 _
  shift
  for _ in $(seq "$count"); do "$@" || return 1; done
}

# edit OLD NEW: in the machine's configuration
edit() { inside sed -i "s|$1|$2|" $conf; }

chapter_reload() {
  local pid
  pid=$(main_pid)
  edit '"announce": "30m"' '"announce": "20m"'
  that "systemctl reload is understood" inside systemctl reload chihaya
  that "a changed interval is told to clients" eventually interval_is 1200
  edit '"announce": "20m"' '"announce": "20 minutes"'
  inside systemctl reload chihaya || true
  that "a mistake in the file changes nothing" interval_is 1200
  that "the log names the mistake" eventually grep -q 'announce' \
    <(inside journalctl -u chihaya -p warning --no-pager)
  edit '"announce": "20 minutes"' '"announce": "20m"'
  begin_load
  that "it is reloaded twenty times under load" times 20 reload_to_another_interval
  that "no client has noticed" end_load
  show_load
  that "the same process has served all the time" same "$(main_pid)" "$pid"
}

# A reload that changes something.
reload_to_another_interval() {
  inside sed -i 's|"announce": "20m"|"announce": "_m"|; s|"announce": "21m"|"announce": "20m"|; s|"announce": "_m"|"announce": "21m"|' $conf
  inside systemctl reload chihaya
}

killed_and_back() {
  local pid
  pid=$(main_pid)
  inside systemctl kill --kill-who=main --signal="$1" chihaya
  eventually another_runs "$pid"
}

another_runs() {
  local now
  now=$(main_pid)
  [ "$now" != 0 ] && [ "$now" != "$1" ] && check_answers > /dev/null
}

# Another process takes this one's place.
replace_process() {
  local pid
  pid=$(main_pid)
  inside systemctl kill --kill-who=main --signal=SIGUSR2 chihaya
  eventually another_runs "$pid"
}

# Restarts of a whole day are not to be taken for a crash.
restart() {
  inside systemctl reset-failed chihaya
  inside systemctl restart chihaya
}

chapter_restart() {
  announces once || true
  begin_load
  that "it is replaced twenty times under load" times 20 replace_process
  that "no client has noticed" end_load
  show_load
  that "peers are still there" announces holds
  begin_load --restarts
  that "it is restarted under load" restart
  end_load > /dev/null || true  # without chihaya.socket nobody listens meanwhile
  show_load
  that "a restart keeps the swarms" announces holds
  that "killed, it is started again" killed_and_back SIGKILL
  inside sh -c 'mkdir -p /run/systemd/system/chihaya.service.d
    printf "[Service]\nWatchdogSec=2s\nTimeoutAbortSec=1s\n" > /run/systemd/system/chihaya.service.d/watchdog.conf
    systemctl daemon-reload && systemctl restart chihaya'
  that "hanging, it is killed and started again" killed_and_back SIGSTOP
  inside sh -c 'rm -r /run/systemd/system/chihaya.service.d
    systemctl daemon-reload && systemctl restart chihaya'
}

plugins_are() {
  same "$(inside chihaya --list-plugins | awk 'NR > 1 {print $1}' | sort | paste -sd ' ')" "$1"
}

chapter_drivers() {
  that "two drivers are there from the start" plugins_are "memory noop"
  that "others are installed beside it" apt_install \
    /packages/first/chihaya-redis_0.1.0-1_amd64.deb /packages/first/chihaya-gazelle_0.1.0-1_amd64.deb
  that "they are found" plugins_are "gazelle memory noop redis"
  that "the example can be loaded, too" inside_example_is_listed
  that "one is removed" inside apt-get remove -y -qq chihaya-gazelle
  that "it is not found any more" plugins_are "memory noop redis"
  that "the tracker serves" check_answers
}

inside_example_is_listed() {
  cp "$work/tiny/plugins/tiny.so" "$work/tiny.so"
  inside cp /exchange/tiny.so /usr/lib/chihaya/plugins/tiny.so
  local result=0
  plugins_are "gazelle memory noop redis tiny" || result=1
  inside rm /usr/lib/chihaya/plugins/tiny.so
  return $result
}

version_is() { same "$(inside dpkg-query -W -f '${Version}' "$1")" "$2"; }

chapter_upgrade() {
  local pid
  announces once || true
  pid=$(main_pid)
  begin_load
  that "a newer version is installed under load" apt_install \
    /packages/second/chihaya_0.1.0-2_amd64.deb /packages/second/chihaya-redis_0.1.0-2_amd64.deb
  that "the newer version is there" version_is chihaya 0.1.0-2
  that "another process serves" eventually another_runs "$pid"
  that "no client has noticed" end_load
  show_load
  that "peers are still there" announces holds
  that "what the operator has written is kept" inside grep -q '"announce": "20m"' $conf
  that "systemd follows the new process" is_active
}

chapter_sockets() {
  inside systemctl stop chihaya
  that "the socket unit opens the ports" inside systemctl enable -q --now chihaya.socket
  that "the first announce starts the tracker" announces holds
  that "it runs" is_active
  begin_load --restarts
  that "it is restarted twenty times under load" times 20 restart
  that "the ports stay open: no announce has failed" end_load
  show_load
  that "peers are still there" announces holds
  begin_load
  that "another process takes its place and its ports" replace_process
  that "no client has noticed" end_load
  show_load
  that "and after that it is restarted like any other" restart
  that "peers are still there" announces holds
  inside systemctl disable -q --now chihaya.socket
}

nothing_is_left() {
  inside apt-get purge -y -qq chihaya chihaya-redis chihaya-gazelle
  inside apt-get autoremove -y -qq --purge
  inside sh -c 'find / -xdev | sort' > "$work/after"
  ! comm -13 "$work/before" "$work/after" |
    grep -vE '^/(var/lib/(apt|dpkg|systemd)|var/cache|var/log/(apt|dpkg|journal)|etc/ld.so.cache|root/|tmp|run|var/tmp|exchange)' ||
    return 1
  ! inside getent passwd chihaya && ! inside getent group chihaya
}

chapter_removal() {
  that "it is removed" inside apt-get remove -y -qq chihaya chihaya-redis
  that "it does not run any more" not is_active
  that "its configuration and its state are kept" inside test -e $conf -a -d /var/lib/chihaya
  that "it is installed again" apt_install /packages/second/chihaya_0.1.0-2_amd64.deb
  that "it runs again, with the configuration that was kept" eventually check_answers
  that "purged, it leaves nothing behind" nothing_is_left
}
