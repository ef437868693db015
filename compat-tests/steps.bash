# Steps of ./test: run, bounded in time, and counted. It is sourced; log_dir is where their output goes.

passed=0 failed=0 skipped=0
failed_names=() skipped_names=()

# step LIMIT NAME COMMAND...: runs it, shows its output only when it fails. What takes longer than its limit is ended with
# all that it started, and has failed.
step() {
  local limit=$1 name=$2 log started=$SECONDS code why=""
  shift 2
  log="$log_dir/${name//[^a-zA-Z0-9]/-}.log"
  printf '%-44s' "$name"
  bounded "$limit" "$@" >"$log" 2>&1
  code=$?
  if [ "$code" = 0 ]; then
    passed=$((passed + 1))
    echo "ok ($((SECONDS - started)) s)"
  else
    # 137: it did not heed the first signal.
    case "$code" in 124 | 137) why=", not done within $limit" ;; esac
    fail "$name$why"
    echo "FAILED ($((SECONDS - started)) s$why), of $log:"
    { failed_tests "$log"; tail -n 60 "$log"; } | sed 's/^/    /'
    return 1
  fi
}

# failed_tests LOG: what cargo's failed tests said. Their output is followed by that of all later tests.
failed_tests() {
  awk '/^test .* \.\.\. FAILED/ { print } /^---- .* stdout ----$/ { shown = 40 } /^failures:$/ { shown = 0 } shown-- > 0' "$1"
}

# bounded LIMIT COMMAND...: ends it after so long. It has a process group of its own, which Ctrl-C would not reach: the
# shell waits for it in a way that it can be interrupted in, and hands that on.
bounded() {
  local limit=$1 child code
  shift
  timeout --kill-after=30s "$limit" "$@" &
  child=$!
  trap 'kill "$child" 2>/dev/null; exit 130' INT TERM
  wait "$child"
  code=$?
  trap - INT TERM
  return "$code"
}

fail() {
  failed=$((failed + 1))
  failed_names+=("$1")
}

# cargo_tests LIMIT NAME COMMAND...: a step whose tests are counted one by one. One that finds none has failed.
cargo_tests() {
  local name=$2 log ok bad test ignored is_done=1
  step "$@" || is_done=0
  log="$log_dir/${name//[^a-zA-Z0-9]/-}.log"
  ok=$(grep -cE '^test .* \.\.\. ok' "$log")
  bad=$(grep -cE '^test .* \.\.\. FAILED' "$log")
  while read -r test; do failed_names+=("$test"); done < <(sed -nE 's/^test (.*) \.\.\. FAILED.*/\1/p' "$log")
  passed=$((passed + ok))
  failed=$((failed + bad))
  [ "$is_done" = 0 ] || [ "$((ok + bad))" -gt 0 ] || fail "$name: no test was run"
  while read -r ignored; do
    skipped=$((skipped + 1))
    skipped_names+=("$ignored")
  done < <(grep -E '^test .* \.\.\. ignored' "$log" | sed -E 's/^test (.*) \.\.\. ignored(, )?/\1: /')
}

# junit_tests LIMIT NAME FOLDERS COMMAND...: a step whose tests are counted by the reports that it leaves in the folders.
# Maven is content when it finds no tests: a folder without a test that was run has failed.
junit_tests() {
  local limit=$1 name=$2 folders=$3 folder reports ran bad left_out is_done=1
  shift 3
  # What an earlier run left would be counted too.
  for folder in $folders; do rm -rf "$folder"; done
  step "$limit" "$name" "$@" || is_done=0
  for folder in $folders; do
    reports=$(cat "$folder"/*.xml 2>/dev/null)
    ran=$(grep -oE '<testcase ' <<<"$reports" | wc -l)
    bad=$(grep -oE '<(failure|error)[ >]' <<<"$reports" | wc -l)
    left_out=$(grep -oE '<skipped' <<<"$reports" | wc -l)
    passed=$((passed + ran - bad - left_out))
    failed=$((failed + bad))
    skipped=$((skipped + left_out))
    [ "$left_out" = 0 ] || skipped_names+=("$name: $left_out tests; see its reports")
    [ "$is_done" = 0 ] || [ "$((ran - left_out))" -gt 0 ] || fail "$name: no test was run that reports to $folder"
  done
}
