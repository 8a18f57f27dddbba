# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the files of a container's cgroup must say, by the text of the specification and of the kernel's documentation."""

# The files of v1 by the properties of blockIO; of the weights the first one that is there.
THROTTLES = {"throttleReadBpsDevice": "blkio.throttle.read_bps_device",
             "throttleWriteBpsDevice": "blkio.throttle.write_bps_device",
             "throttleReadIOPSDevice": "blkio.throttle.read_iops_device",
             "throttleWriteIOPSDevice": "blkio.throttle.write_iops_device"}
WEIGHTS = ["blkio.weight", "blkio.bfq.weight"]
DEVICE_WEIGHTS = ["blkio.weight_device", "blkio.bfq.weight_device"]
NO_LIMIT_OF_MEMORY = 0x7FFFFFFFFFFFF000


def size_name(size):
    """Of huge pages, as the kernel's files have it: 2MB."""
    for unit in "KMG":
        size >>= 10
        if size < 1024:
            break
    return f"{size}{unit}B"


def expected(linux, host):
    """{path: text}. Of limits that the config does not have nothing is expected."""
    resources, path = linux.get("resources") or {}, linux.get("cgroupsPath") or ""
    files = {f"{host.huge_folder}{path}/{name}": text for name, text in huge_pages(resources, host)}
    if host.cgroup_version == 2:
        return files | {f"/sys/fs/cgroup{path}/{name}": text for name, text in (resources.get("unified") or {}).items()}
    values = [*memory(resources.get("memory") or {}), *processors(resources.get("cpu") or {}),
              *block_io(resources.get("blockIO") or {}, host), ("pids/pids.max", (resources.get("pids") or {}).get("limit"))]
    for name, value in values:
        controller, file = name.split("/")
        if value == -1 and file == "pids.max":
            value = "max"
        if value is not None:
            files[f"/sys/fs/cgroup/{controller}{path}/{file}"] = str(value)
    return files


def memory(limits):
    for name, key in (("limit_in_bytes", "limit"), ("memsw.limit_in_bytes", "swap"), ("soft_limit_in_bytes", "reservation"),
                      ("swappiness", "swappiness")):
        yield "memory/memory." + name, NO_LIMIT_OF_MEMORY if limits.get(key) == -1 else limits.get(key)
    if limits.get("disableOOMKiller") is not None:
        yield "memory/memory.oom_control", f"oom_kill_disable {int(limits['disableOOMKiller'])}"


def processors(cpu):
    for name, key in (("cpu/cpu.shares", "shares"), ("cpu/cpu.cfs_period_us", "period"), ("cpu/cpu.cfs_quota_us", "quota"),
                      ("cpu/cpu.cfs_burst_us", "burst"), ("cpu/cpu.rt_runtime_us", "realtimeRuntime"),
                      ("cpu/cpu.rt_period_us", "realtimePeriod"), ("cpuset/cpuset.cpus", "cpus"),
                      ("cpuset/cpuset.mems", "mems")):
        yield name, "0-1" if cpu.get(key) == "0,1" else cpu.get(key)


def block_io(limits, host):
    for key, file in THROTTLES.items():
        if limits.get(key):
            yield f"blkio/{file}", "%(major)d:%(minor)d %(rate)d" % limits[key][0]
    for file in [file for file in WEIGHTS if file in host.blkio_files][:1]:
        yield f"blkio/{file}", limits.get("weight")
    for file in [file for file in DEVICE_WEIGHTS if file in host.blkio_files][:1]:
        if limits.get("weightDevice"):
            yield f"blkio/{file}", "%(major)d:%(minor)d %(weight)d" % limits["weightDevice"][0]


def huge_pages(resources, host):
    """Of reservations, which every kernel that we test on counts; always in whole pages."""
    kind = "limit_in_bytes" if host.huge_folder and host.huge_folder.endswith("/hugetlb") else "max"
    for limit in resources.get("hugepageLimits") or []:
        size = next(size for size in host.page_sizes if size_name(size) == limit["pageSize"])
        yield f"hugetlb.{limit['pageSize']}.rsvd.{kind}", str(limit["limit"] // size * size)
