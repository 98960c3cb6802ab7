# Keeps the exporter's container alive whatever happens to the exporter: autoscaler v2 sets restartPolicy Never, and a
# container that ended for good would leave the head pod NotReady, which stops Serve. So nothing here ever gives up.
#
# Run as: /bin/sh -c <this> rayscope-exporter PROGRAM [ARGUMENT...]. It writes no file (the root is read-only), and uses
# neither `$(` nor `$$`: Kubernetes expands those in a container's command before any shell sees them.
# Lines that are comments stay here; the pod gets the rest.

program=$1
shift
said=

# Say what changed, once.
say() {
    [ "$said" = "$1" ] || echo "$0: $1" >&2
    said=$1
}

# Whatever runs in the background now (the exporter, or a pause) gets half a second to end; a second signal takes none.
stop() {
    trap 'exit 0' TERM INT QUIT
    current=$!
    [ -n "$current" ] || exit 0
    kill "$current" 2>/dev/null
    { sleep 0.5 || sleep 1; kill -KILL "$current"; } 2>/dev/null &
    wait "$current" 2>/dev/null
    kill -KILL "$!" 2>/dev/null
    exit 0
}
trap stop TERM INT QUIT

# In the background, because a shell handles a signal only after its foreground command has ended; and with the usual
# directories, because an image's PATH may lack them, and a pause that fails would be a loop that spins.
pause() {
    (PATH=$PATH:/usr/bin:/bin && exec sleep "$1") &
    wait "$!"
}

# A crash costs at most half a minute of scrapes, however often it happened before.
delay=1
while :; do
    if command -v python3 >/dev/null; then python=python3
    elif command -v python >/dev/null; then python=python
    else
        say "idle: there is no python3 or python on PATH ($PATH)"
        pause 5
        continue
    fi
    if [ ! -r "$program" ]; then
        say "waiting: there is no $program yet"
        pause 2
        continue
    fi
    "$python" -I -B "$program" "$@" &
    wait "$!"
    status=$?
    said=
    say "the exporter ended with status $status; starting it again in $delay s"
    pause "$delay"
    case $delay in
        1) delay=5 ;;
        *) delay=30 ;;
    esac
done
