# Sourced after lib.sh by the scripts that speak with AWS: which stack, and what it says of itself.
# shellcheck shell=bash disable=SC2034 # variables for those scripts

STAGE=${STAGE:-production}
if [ "$STAGE" = production ]; then
  STACK=rowgate WORKER_ENV=
else
  STACK=rowgate-$STAGE WORKER_ENV=$STAGE
fi

require_aws() {
  have aws || die "aws is missing; install AWS's command: https://docs.aws.amazon.com/cli/"
  aws sts get-caller-identity --output text >/dev/null ||
    die "aws has no credentials that do; see aws configure"
  [ -n "${AWS_REGION:=$(aws configure get region || true)}" ] || die "set AWS_REGION"
  export AWS_REGION
}

# Asks once what the stack has told; `output` reads it.
read_outputs() {
  OUTPUTS=$(aws cloudformation describe-stacks --stack-name "$STACK" \
    --query "Stacks[0].Outputs[].[OutputKey,OutputValue]" --output text)
}

# output NAME: its value, or nothing.
output() {
  awk -F '\t' -v name="$1" '$1 == name { print $2 }' <<<"$OUTPUTS"
}

# member NAME <JSON: one member of an object.
member() {
  node -e '
    const object = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    process.stdout.write(String(object[process.argv[1]] ?? ""));' "$1"
}

# access_keys USER: the oldest first.
access_keys() {
  aws iam list-access-keys --user-name "$1" --query "sort_by(AccessKeyMetadata, &CreateDate)[].AccessKeyId" --output text
}

# delete_access_keys USER KEYS
delete_access_keys() {
  local key
  for key in $2; do
    aws iam delete-access-key --user-name "$1" --access-key-id "$key"
  done
}
