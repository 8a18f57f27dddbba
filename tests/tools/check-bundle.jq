# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compares what a process saw with what its config asked for: prints a line for each difference.
#
#   $config   the config.json it ran with        $seen     the report of tests/tools/probe.c from inside
#   $host     the same report from the host      $outside  what run-bundle saw from outside while it ran
#   $hooks    what the hooks were given
#
# All are lists of one value (--slurpfile) but $hooks.

$config[0] as $config | $seen[0] as $seen | $host[0] as $host | $outside[0] as $outside
| $config.process as $process | $config.linux as $linux

| def differ($what; $found; $wanted):
        if $found == $wanted then empty else "\($what): found \($found | tojson), expected \($wanted | tojson)" end;
  def check($what; condition):
        if condition then empty else "\($what): does not hold" end;
  def namespace($type): first($linux.namespaces[] | select(.type == $type)) // null;
  def is_new($type): namespace($type) != null and (namespace($type).path // "") == "";

  # --- ids, environment ---

  def ids:
        differ("process.user.uid"; $seen.uid; $process.user.uid),
        differ("process.user.gid"; $seen.gid; $process.user.gid),
        differ("process.user.additionalGids"; ($seen.groups | unique) - [$seen.gid];
                ($process.user.additionalGids // [] | unique) - [$seen.gid]),
        differ("process.user.umask"; $seen.umask; $process.user.umask // 18);

  def environment:
        differ("process.env"; $process.env - $seen.env; []),
        # HOME is the one variable that a runtime may add.
        differ("environment beyond process.env"; $seen.env - $process.env | map(select(startswith("HOME=") | not)); []),
        differ("HOME"; $seen.env | map(select(startswith("HOME=")));
                ($process.env | map(select(startswith("HOME=")))) as $given
                | if $given != [] then $given else [if $seen.uid == 0 then "HOME=/root" else "HOME=/tmp" end] end),
        differ("process.cwd"; $seen.cwd; $process.cwd),
        differ("hostname"; $seen.hostname;
                if is_new("uts") then $config.hostname // $host.hostname else $config.hostname // $seen.hostname end);

  # --- privileges ---

  def capability_names: [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
        "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO",
        "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
        "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE" ];
  def common($a; $b): $a - ($a - $b);
  def names(bits): [bits[] | capability_names[.]] | sort;

  # What the config asks for, less what the machine cannot give: a new user namespace gives everything.
  def asked($set):
        ($process.capabilities[$set] // [] | unique) as $wanted
        | if is_new("user") then $wanted else common($wanted; names($host.status.bounding)) end;

  # execve(2) recomputes the sets: root gets what is bounding or inheritable (with no_new_privs nothing that it
  # did not have), anybody else what is ambient. Ambient can only be what is permitted and inheritable too.
  def after_exec:
        asked("bounding") as $bounding | asked("inheritable") as $inheritable | asked("permitted") as $permitted
        | common(asked("ambient"); common($permitted; $inheritable)) as $ambient
        | (if $process.user.uid != 0 then $ambient
           elif $process.noNewPrivileges then common($bounding + $inheritable | unique; $permitted)
           else $bounding + $inheritable | unique end) as $effective
        | { bounding: $bounding, inheritable: $inheritable, ambient: $ambient, permitted: $effective, effective: $effective };

  def privileges:
        (after_exec as $sets | $sets | keys[] | differ("process.capabilities.\(.)"; names($seen.status[.]); $sets[.])),
        differ("process.noNewPrivileges"; $seen.status.NoNewPrivs == 1; $process.noNewPrivileges // false),
        differ("seccomp mode"; $seen.status.Seccomp; if $linux.seccomp then 2 else $host.status.Seccomp end),
        differ("seccomp filters"; $seen.status.Seccomp_filters;
                $host.status.Seccomp_filters + if $linux.seccomp then 1 else 0 end);

  # --- limits of the process ---

  def limit: if . >= 9223372036854775807 then "unlimited" else . end;
  def limits:
        # What is not named stays as it is on the host.
        ($host.rlimits + ($process.rlimits // [] | map({ (.type): [(.soft | limit), (.hard | limit)] }) | add // {})
         | to_entries[] | differ("process.rlimits \(.key)"; $seen.rlimits[.key]; .value)),
        differ("process.oomScoreAdj"; $seen.oom_score_adj;
                if $process.oomScoreAdj then ["\($process.oomScoreAdj)"] else $host.oom_score_adj end);

  # --- namespaces ---

  def namespaces:
        ($host.namespaces | keys[] | . as $type
         | if namespace($type) == null then
                differ("namespace \($type), inherited"; $seen.namespaces[$type]; $host.namespaces[$type])
           elif is_new($type) then
                check("namespace \($type) is new"; $seen.namespaces[$type] != $host.namespaces[$type])
           else
                differ("namespace \($type), joined"; $seen.namespaces[$type] | gsub("[^0-9]"; ""); $outside.joined[$type])
           end),
        (if is_new("pid") then differ("pid"; $seen.pid; 1) else check("pid is not 1"; $seen.pid > 1) end),
        (if is_new("network") then check("loopback is up"; $seen.loopback_up) else empty end),
        (if is_new("user") then
                differ("linux.uidMappings"; $seen.uid_map; $linux.uidMappings),
                differ("linux.gidMappings"; $seen.gid_map; $linux.gidMappings)
         else empty end);

  # --- mounts ---

  # The last mount on a target is the one that is seen.
  def mounted($target): last($seen.mounts[] | select(.target == $target)) // null;
  def has_option($mount; $names): any($mount.options[]?; . as $option | any($names[]; . == $option));
  def is_bind: has_option(.; ["bind", "rbind"]);
  def of_kind($mount; $kind): any($mount.propagation[]; startswith($kind + ":"));

  # A flag has to be there exactly when it is asked for; a bind mount keeps those of its source.
  def flags($mount):
        . as $wanted | "ro", "nosuid", "nodev", "noexec"
        | . as $flag
        | if has_option($wanted; [$flag]) then
                check("mount \($wanted.destination) is \($flag)"; has_option($mount; [$flag]))
          elif $wanted | is_bind then empty
          else check("mount \($wanted.destination) is not \($flag)"; has_option($mount; [$flag]) | not) end;

  def access_times($mount):
        . as $wanted
        | if is_bind then empty
          elif has_option(.; ["strictatime"]) then
                check("mount \(.destination) keeps all access times"; has_option($mount; ["relatime", "noatime"]) | not)
          elif has_option(.; ["relatime"]) then
                check("mount \(.destination) is relatime"; has_option($mount; ["relatime"]))
          else empty end;

  # Options of the file system, as the kernel prints them.
  def printed:
        if test("^size=[0-9]+[mM]$") then "size=\(.[5:-1] | tonumber * 1024)k"
        elif test("^size=[0-9]+$") then "size=\(.[5:] | tonumber / 1024)k"
        elif test("^(ptmx)?mode=") then sub("=0+"; "=")
        elif test("^gid=") then "gid=\((.[4:] | tonumber) + ($linux.gidMappings[0].hostID // 0))"
        else . end;
  def data($mount):
        . as $wanted | .options[]? | select(test("=")) | printed as $option
        | check("mount \($wanted.destination) has \($option), super block has \($mount.super | tojson)";
                # The kernel does not print the mode that a tmpfs has by default.
                if $option == "mode=1777" then all($mount.super[]; startswith("mode=") | not)
                else any($mount.super[]; . == $option) end);

  def propagation($mount):
        . as $wanted
        | if has_option(.; ["rprivate", "private"]) then
                differ("propagation of mount \(.destination)"; $mount.propagation; [])
          elif has_option(.; ["rslave", "slave"]) then
                check("mount \($wanted.destination) is a slave"; of_kind($mount; "master") and (of_kind($mount; "shared") | not))
          elif has_option(.; ["rshared", "shared"]) then
                check("mount \($wanted.destination) is shared"; of_kind($mount; "shared"))
          else empty end;

  # The cgroup file system: one hierarchy on v2; on v1 a tmpfs that holds a mount for each hierarchy of the host.
  # (That the tmpfs itself is read-only, docker.bats checks: not every runtime does it.)
  def cgroup_mounts:
        . as $wanted
        | [$host.mounts[] | select(.target == $wanted.destination) | .type] | last as $type
        | if $type == "cgroup2" then
                differ("type of mount \($wanted.destination)"; mounted($wanted.destination).type; "cgroup2"),
                ($wanted | flags(mounted($wanted.destination)))
          else
                differ("type of mount \($wanted.destination)"; mounted($wanted.destination).type; "tmpfs"),
                ($host.mounts[] | select(.type == "cgroup" and (.target | startswith($wanted.destination)))
                 | .target as $target | mounted($target) as $mount
                 | differ("type of mount \($target)"; $mount.type; "cgroup"),
                   ($wanted | .destination = $target | flags($mount)),
                   check("mount \($target) shows the container's own cgroup";
                        $seen.paths[$target + "/cgroup.procs"].content // "" | split("\n") | any(.[]; . == "\($seen.pid)")))
          end;

  def mounts:
        ([$config.mounts[]? | .destination] | unique[]) as $target
        | last($config.mounts[] | select(.destination == $target))
        | mounted($target) as $mount
        | if .type == "cgroup" then cgroup_mounts
          elif $mount == null then "mount \($target): is not there"
          else
                (if is_bind then empty else differ("type of mount \($target)"; $mount.type; .type) end),
                flags($mount), access_times($mount), data($mount), propagation($mount),
                if has_option(.; ["tmpcopyup"]) then
                        differ("content of \($target)"; $seen.paths[$target + "/marker"].content; "copied to \($target)\n")
                else empty end
          end;

  def sources:
        $outside.sources // {} | to_entries[] | differ("content of \(.key)"; $seen.paths[.key].content; .value);

  def root:
        mounted("/") as $mount
        | differ("root.readonly"; has_option($mount; ["ro"]); $config.root.readonly // false),
          ($linux.rootfsPropagation // "" | ltrimstr("r")
           | if . == "shared" then check("the root is shared"; of_kind($mount; "shared"))
             elif . == "slave" then
                check("the root is a slave"; of_kind($mount; "master") and (of_kind($mount; "shared") | not))
             else empty end);

  def hidden:
        ($linux.maskedPaths[]? | . as $path | $seen.paths[$path] | select(. != null)
         | differ("linux.maskedPaths \($path)"; (.content // "") + (.entries // [] | join(" ")); ""),
           (if .type == "d" then check("masked \($path) is read-only"; .readonly)
            else differ("device at \($path)"; [.type, .major, .minor]; ["c", 1, 3]) end)),
        # What the kernel of this machine has must not vanish instead of being hidden.
        ($linux.readonlyPaths[]? | . as $path | $seen.paths[$path] | select(. != null)
         | differ("linux.readonlyPaths \($path)"; .readonly; true)),
        check("something is masked or read-only"; $linux.maskedPaths == null or any($seen.paths[]; .readonly));

  # --- devices ---

  def default_devices: [
        { path: "/dev/null", major: 1, minor: 3 }, { path: "/dev/zero", major: 1, minor: 5 },
        { path: "/dev/full", major: 1, minor: 7 }, { path: "/dev/random", major: 1, minor: 8 },
        { path: "/dev/urandom", major: 1, minor: 9 }, { path: "/dev/tty", major: 5, minor: 0 } ]
        | map(. + { type: "c", mode: 438, uid: 0, gid: 0 });

  # The mode in a config may hold the bits of the file's type, as stat(2) has them. /dev/ptmx is that of the
  # container's own devpts, whatever the config says.
  def listed_devices: [$linux.devices[]? | select(.path != "/dev/ptmx")
        | { path, major, minor, type, mode: (.fileMode // 438 | . % 4096), uid: (.uid // 0), gid: (.gid // 0) }];

  def devices:
        [$seen.devices[] | select(.type != "l")] as $nodes
        | (default_devices + listed_devices | map({ key: .path, value: . }) | from_entries) as $wanted
        | ($wanted[] | . as $device
           | first($nodes[] | select(.path == $device.path) | del(.target)
                # The nodes of a user namespace are those of the host, bind mounted.
                | if is_new("user") then .uid = 0 | .gid = 0 else . end) // null
           | differ("device \($device.path)"; .; $device)),
          differ("devices beyond the config's"; [$nodes[].path] - [$wanted[].path] - ["/dev/console"]; []),
          ({ "/dev/fd": "/proc/self/fd", "/dev/stdin": "/proc/self/fd/0", "/dev/stdout": "/proc/self/fd/1",
             "/dev/stderr": "/proc/self/fd/2", "/dev/ptmx": "pts/ptmx" } | to_entries[] | . as $link
           | differ("link \($link.key)"; first($seen.devices[] | select(.path == $link.key) | .target | ltrimstr("/dev/")) // null;
                $link.value));

  def terminal:
        differ("process.terminal"; $seen.terminal; $process.terminal // false),
        differ("/dev/console"; $seen.paths["/dev/console"].type; if $process.terminal then "c" else null end),
        differ("open files"; $seen.fds; [0, 1, 2]);

  # --- cgroup ---

  def cgroup:
        ($outside.cgroups | split("\n")[]
         | if $linux.cgroupsPath then differ("linux.cgroupsPath"; .; $linux.cgroupsPath)
           else check("cgroup \(.) is named after the container"; endswith($outside.id)) end),
        ($seen.cgroup[] | split(":")[2:] | join(":")
         | differ("cgroup as seen inside"; .; if namespace("cgroup") then "/" else . end));

  def value($name): $outside.files[$name] // null | if . then rtrimstr("\n") else null end;
  # The first file is v1's, the second v2's; a machine has one of them.
  def resource($what; $wanted; $v1; $wanted_v1; $v2; $wanted_v2):
        if $wanted == null then empty
        elif value($v1) then differ("\($what) in \($v1)"; value($v1); "\($wanted_v1)")
        elif value($v2) then differ("\($what) in \($v2)"; value($v2); "\($wanted_v2)")
        else empty end;
  def nonzero: if . == 0 then null else . end;
  def weight:
        if . <= 2 then 1 elif . >= 262144 then 10000
        else log2 as $l | pow(10; ($l * $l + 125 * $l) / 612 - 7 / 34) | ceil end;

  def resources:
        $linux.resources // {} | .memory as $memory | .cpu as $cpu | .pids as $pids
        | resource("memory.limit"; $memory.limit; "memory.limit_in_bytes"; $memory.limit; "memory.max"; $memory.limit),
          resource("memory.reservation"; $memory.reservation; "memory.soft_limit_in_bytes"; $memory.reservation;
                "memory.low"; $memory.reservation),
          resource("memory.swap"; $memory.swap; "memory.memsw.limit_in_bytes"; $memory.swap;
                "memory.swap.max"; ($memory.swap // 0) - ($memory.limit // 0)),
          resource("cpu.shares"; $cpu.shares | nonzero; "cpu.shares"; $cpu.shares; "cpu.weight"; $cpu.shares | nonzero // 2 | weight),
          resource("cpu.quota"; $cpu.quota; "cpu.cfs_quota_us"; $cpu.quota; "cpu.max"; "\($cpu.quota) \($cpu.period)"),
          resource("cpu.period"; $cpu.period; "cpu.cfs_period_us"; $cpu.period; "cpu.max"; "\($cpu.quota) \($cpu.period)"),
          resource("cpu.cpus"; $cpu.cpus; "cpuset.cpus"; $cpu.cpus; "cpuset.cpus"; $cpu.cpus),
          resource("pids.limit"; $pids.limit; "pids.max"; $pids.limit; "pids.max"; $pids.limit);

  # v1 shows the device rules: those of the config have to be there, and nothing but the usual ones besides.
  def device_rules:
        value("devices.list") as $list
        | if $list == null or $linux.resources.devices == null then empty
          else
                ($list | split("\n")) as $found
                | [$linux.resources.devices[] | select(.allow)
                   | "\(.type // "a") \(.major // "*"):\(.minor // "*") \(.access // "rwm")"] as $rules
                | if any($rules[]; . == "a *:* rwm") then differ("linux.resources.devices"; $found; ["a *:* rwm"])
                  else
                        differ("linux.resources.devices not allowed"; $rules - $found; []),
                        differ("devices allowed beyond linux.resources.devices"; $found - $rules - [
                                "c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm",
                                "c 5:0 rwm", "c 5:1 rwm", "c 5:2 rwm", "c 136:* rwm", "c 10:200 rwm" ]; [])
                  end
          end;

  # --- the rest ---

  def sysctls:
        $linux.sysctl // {} | to_entries[]
        | differ("linux.sysctl \(.key)"; $seen.paths["/proc/sys/" + (.key | gsub("[.]"; "/"))].content // "" | gsub("[ \t]+"; " ") | rtrimstr("\n");
                .value);

  def hook_calls:
        ($config.hooks // {} | to_entries | map(.key as $kind | .value[] | { kind: $kind, args: (.args[1:] | join(" ")) })) as $wanted
        | differ("hooks, in order"; $hooks | map({ kind, args }); $wanted),
          ($hooks[] | .kind as $kind | .state
           | differ("id for hook \($kind)"; .id; $outside.id),
             differ("bundle for hook \($kind)"; .bundle; $outside.bundle),
             # A hook that runs inside is told the pid that is valid there.
             differ("pid for hook \($kind)"; .pid;
                if $kind == "createContainer" or $kind == "startContainer" then $seen.pid else $outside.state.pid end),
             check("status for hook \($kind) is right: \(.status)";
                .status | if $kind == "poststart" then . == "running" else . == "creating" or . == "created" end));

  def state:
        $outside.state
        | differ("state.id"; .id; $outside.id),
          differ("state.status"; .status; "running"),
          differ("state.bundle"; .bundle; $outside.bundle),
          differ("state.annotations"; .annotations // {}; $config.annotations // {});

  ids, environment, privileges, limits, namespaces, mounts, sources, root, hidden, devices, terminal, cgroup, resources,
  device_rules, sysctls, hook_calls, state
