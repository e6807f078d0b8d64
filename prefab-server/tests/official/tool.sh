#!/usr/bin/env bash
# Walks the official command-line tool through everything it can do.
#
# PREFAB_TEST_TOOL names the tool, PREFAB_TEST_URL the server, PREFAB_TEST_KEY an admin key of Development and
# PREFAB_TEST_OTHER_KEY one of Production. Prints the problem and exits with 1, or prints "walked".
set -uo pipefail
export PREFAB_API_URL=$PREFAB_TEST_URL PREFAB_API_KEY=$PREFAB_TEST_KEY NO_COLOR=1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1

tool() { "$PREFAB_TEST_TOOL" "$@" --no-interactive 2>&1; }

# check WANTED ARGUMENTS…: the tool succeeds and prints WANTED.
check() {
  local wanted=$1 output; shift
  output=$(tool "$@") || { echo "failed: prefab $*: $output"; exit 1; }
  [[ $output == *"$wanted"* ]] || { echo "prefab $* does not print '$wanted': $output"; exit 1; }
}

# refuse WANTED ARGUMENTS…: the tool exits with 2 and prints WANTED.
refuse() {
  local wanted=$1 output code; shift
  output=$(tool "$@"); code=$?
  [[ $code == 2 && $output == *"$wanted"* ]] || { echo "prefab $* exits with $code: $output"; exit 1; }
}

check 'Created boolean flag: my.flag' create my.flag --type boolean-flag --value true
check 'Created config: my.string' create my.string --type string --value 'hello world'
check 'Created config: my.int' create my.int --type int --value 3
check 'Created config: my.double' create my.double --type double --value 1.5
check 'Created config: my.list' create my.list --type string-list --value a,b,c
check 'Created config: my.json' create my.json --type json --value '{"a":{"b":[1,2]}}'
check 'Created (confidential) config: my.hidden' create my.hidden --type string --value shh --confidential
check 'Created config: my.env' create my.env --type string --env-var MY_ENV
check 'Created (confidential) config: prefab.secrets.encryption.key' \
  create prefab.secrets.encryption.key --type string --env-var PREFAB_SECRET --confidential
secret=$(tool generate-new-hex-key | grep -oE '[0-9a-f]{64}' | head -n 1)
export PREFAB_SECRET=$secret
check 'Created config: my.secret' create my.secret --type string --value keep-private --secret
refuse 'already exists' create my.string --type string --value again

check 'my.double' list
check 'my.flag' list --feature-flags
check 'hello world' get my.string
check '3' get my.int
check '1.5' get my.double
check 'c' get my.list
check 'b: [ 1, 2 ]' get my.json
check 'keep-private' get my.secret
MY_ENV=from-here check 'from-here' get my.env
refuse 'does not exist' get never.created

check 'Successfully changed default to `77`' set-default my.int --value 77 --environment Development --confirm
check '77' get my.int
check 'Successfully changed' set-default my.flag --value false --environment Production --confirm
check 'Successfully changed' set-default my.secret --value changed --environment Development --confirm
check 'changed' get my.secret
check 'Successfully changed' set-default my.env --env-var OTHER --environment Staging --confirm
refuse 'nowhere' set-default my.int --value 1 --environment nowhere --confirm

check 'Development: 77' info my.int
check 'Production: false' info my.flag
check '[confidential]' info my.hidden
check '[encrypted]' info my.secret
check 'Default: MY_ENV via ENV' info my.env
check 'No evaluations in the past 24 hours' info my.int

check 'Override set' override my.flag --value false
check 'false' get my.flag
check '[override] `false`' info my.flag
check 'Override set' override my.string --value mine
check 'mine' get my.string
PREFAB_API_KEY=$PREFAB_TEST_OTHER_KEY check 'hello world' get my.string
check 'Override removed' override my.flag --remove
check 'true' get my.flag
check 'No override found' override my.flag --remove
check 'Override set' override my.int --value 9007199254740993
# The tool shows a number that JavaScript cannot hold by its two halves.
check 'low: 1, high: 2097152' get my.int
check 'Override removed' override my.int --remove
check '77' get my.int
check 'Override set' override my.double --value 42.1
check '42.1' get my.double
check 'Override set' override my.list --value q,r
check 'q' get my.list
refuse 'valid double' override my.double --value pumpkin
check 'Override set' override my.json --value '{"o":1}'
check 'o: 1' get my.json
check 'Override removed' override my.json --remove
check 'b: [ 1, 2 ]' get my.json

check 'Successfully downloaded' download --environment Development
datafile=(prefab.Development.*.config.json)
node -e '
  const set = JSON.parse(require("fs").readFileSync(process.argv[1]));
  if (!set.configServicePointer.projectEnvId) throw new Error("no environment in the file");
  if (!set.configs.some(config => config.key === "my.int")) throw new Error("no my.int in the file");
' "${datafile[0]}" || exit 1

"$PREFAB_TEST_TOOL" serve "${datafile[0]}" --port "${PREFAB_TEST_PORT:-3099}" >served 2>&1 &
server=$!
contexts=$(printf '{"contexts":[]}' | base64 | sed 's/=/%3D/g')
answer=
for _ in $(seq 100); do
  answer=$(curl -fs "http://127.0.0.1:${PREFAB_TEST_PORT:-3099}/configs/eval-with-context/$contexts") && break
  sleep 0.2
done
kill "$server"
[[ $answer == *'"my.flag":{"value":{"bool":true}}'* ]] || { echo "the tool serves: $answer; $(cat served)"; exit 1; }

for target in node-ts react-ts python-pydantic ruby; do
  check '' generate --target "$target" --output-dir "generated-$target"
done
grep -q 'my.string' generated-node-ts/prefab.ts || { echo 'nothing generated for node-ts'; exit 1; }
grep -q 'my.flag' generated-react-ts/prefab.ts || { echo 'nothing generated for react-ts'; exit 1; }
python3 -m py_compile generated-python-pydantic/prefab.py || exit 1
[[ -s generated-ruby/prefab.rb ]] || { echo 'nothing generated for ruby'; exit 1; }

check 'Created schema: url-schema' schema url-schema --set-zod 'z.object({url: z.string()})'
check 'Updated schema: url-schema' schema url-schema --set-zod 'z.object({url: z.string().url()})'
check 'z.string().url()' schema url-schema --get

# With a key that is unknown the tool ends with 1, as it does for every error that it did not foresee.
output=$(PREFAB_API_KEY=1-Development-P1-E1-SDK-unknown tool list)
[[ $output == *'Unauthorized. Check your Prefab SDK API key'* ]] || { echo "an unknown key: $output"; exit 1; }
echo walked
