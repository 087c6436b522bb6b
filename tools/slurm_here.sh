#!/usr/bin/env bash
# A Slurm of one node on this machine, for tests: munge, controller and node daemon on loopback, nothing outside
# the folder that is named. Needs Debian's slurm-wlm and munge, and root.
#
#     tools/slurm_here.sh start FOLDER     afterwards: export SLURM_CONF=FOLDER/slurm.conf
#     tools/slurm_here.sh stop FOLDER
#
# Ends with code 77 and a sentence where it cannot be started.
set -euo pipefail

skip() { echo "no Slurm here: $*" >&2; exit 77; }

stop() {
  local name pid
  for name in slurmd slurmctld munged; do
    pid=$(cat "$folder/$name.pid" 2>/dev/null) || continue
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
  done
}

start() {
  # Several may run side by side.
  local host memory port=$((20000 + 2 * ($$ % 5000)))
  for program in munged slurmctld slurmd sbatch scontrol; do
    command -v "$program" >/dev/null || skip "$program is not installed (apt-get install slurm-wlm munge)"
  done
  [ "$(id -u)" = 0 ] || skip "its daemons are started by root"
  mkdir -p "$folder"/{state,spool,munge}
  chmod 700 "$folder/munge"
  host=$(uname -n)
  host=${host%%.*}
  memory=$(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
  cat > "$folder/slurm.conf" <<CONF
ClusterName=here
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
# A job that is put back may start again as soon as its credential has run out.
AuthInfo=socket=$folder/munge/socket,cred_expire=2
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SchedulerParameters=sched_interval=2,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
KillWait=10
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory State=UNKNOWN
PartitionName=short Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
  export SLURM_CONF=$folder/slurm.conf
  dd if=/dev/urandom of="$folder/munge/key" bs=1024 count=1 status=none
  chmod 400 "$folder/munge/key"
  munged --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" --pid-file="$folder/munged.pid" \
    --log-file="$folder/munge/log" --seed-file="$folder/munge/seed" || skip "munged does not start"
  slurmctld || { stop; skip "slurmctld does not start: $(tail -n 1 "$folder/slurmctld.log")"; }
  slurmd || { stop; skip "slurmd does not start: $(tail -n 1 "$folder/slurmd.log")"; }
  for _ in $(seq 100); do
    if sinfo --noheader --format=%T 2>/dev/null | grep -q idle; then
      return
    fi
    sleep 0.2
  done
  tail -n 3 "$folder/slurmctld.log" "$folder/slurmd.log" >&2
  stop
  skip "its node does not come up"
}

what=${1:?start or stop} folder=$(realpath -m "${2:?the folder}")
case $what in
  start) start ;;
  stop) stop ;;
  *) echo "start or stop is expected, not $what" >&2; exit 2 ;;
esac
