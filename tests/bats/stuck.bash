# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A file system of which nothing answers: who looks at it waits in the kernel, where neither SIGKILL nor a freezer reaches,
# because its request has been read already. For suites that end what cannot be ended.

# serve_nothing: mounts it on $SERVER, a folder in $DIR/shared.
serve_nothing() {
        type python3 >/dev/null || skip "needs python3"
        [ -c /dev/fuse ] || modprobe fuse 2>/dev/null || :
        [ -c /dev/fuse ] || skip "needs FUSE"
        SERVER=$DIR/shared/server
        mkdir -p "$SERVER"
        python3 -c '
import ctypes, os, struct, sys
fd = os.open("/dev/fuse", os.O_RDWR)
data = b"fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % fd
if ctypes.CDLL(None, use_errno=True).mount(b"silence", sys.argv[1].encode(), b"fuse", 0, data):
    sys.exit(os.strerror(ctypes.get_errno()))
size, opcode, unique = struct.unpack("=IIQ", os.read(fd, 1 << 17)[:16])
# FUSE_INIT: version 7.31, and no wishes.
os.write(fd, struct.pack("=IiQ", 16 + 64, 0, unique) + struct.pack("=IIIIHHIII", 7, 31, 0, 0, 0, 0, 4096, 1, 0).ljust(64, b"\0"))
print("ready", flush=True)
while True:
    os.read(fd, 1 << 17)
' "$SERVER" >"$DIR/served" 2>&1 3>&- &
        SERVING=$!
        BACKGROUND+=" $SERVING"
        soon grep -q . "$DIR/served"
        grep -q ready "$DIR/served" || skip "FUSE: $(cat "$DIR/served")"
}

# Without its server all requests fail, and who waited for them goes on.
stop_serving() {
        [ -n "${SERVING-}" ] || return 0
        kill -KILL "$SERVING" 2>/dev/null || :
        umount --lazy "$SERVER"
        SERVING=
}

is_stuck() {
        grep -q request_wait_answer "/proc/$1/wchan"
}
