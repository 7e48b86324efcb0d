import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";

import type { Template } from "aws-cdk-lib/assertions";

import { GIVEN, KINDS, list, only, resources, template, words } from "./synth";

/** Who may do what: by policy, each action with its resource. */
function rights(of: Template): Record<string, string[]> {
  const policies = Object.entries(resources(of, "AWS::IAM::Policy"));
  return Object.fromEntries(policies.map(([id, policy]) => {
    const allowed = policy.Properties["PolicyDocument"].Statement.flatMap((statement: any) => {
      equal(statement.Effect, "Allow");
      deepEqual(Object.keys(statement).sort(), ["Action", "Effect", "Resource"]);
      const actions = list<string>(statement.Action);
      return actions.flatMap((action) => list(statement.Resource).map((arn) => `${action} ${words(arn)}`));
    });
    return [id.replace(/Policy[0-9A-F]{8}$/, ""), allowed.sort()];
  }));
}

const KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

function dataApi(cluster: string): string[] {
  const calls = ["BeginTransaction", "CommitTransaction", "ExecuteStatement", "RollbackTransaction"];
  return calls.map((call) => `rds-data:${call} ${cluster}`);
}

function expected(of: Template, cluster: string, writer: string, admin: string): Record<string, string[]> {
  const bucket = `<${only(of, "AWS::S3::Bucket").id}.Arn>`;
  const log = (name: string) => `<${only(of, "AWS::Logs::LogGroup", name).id}.Arn>`;
  const queue = `<${only(of, "AWS::SQS::Queue").id}.Arn>`;
  const answering = (name: string, secret: string) => [
    ...dataApi(cluster),
    `secretsmanager:GetSecretValue ${secret}`,
    `logs:CreateLogStream ${log(name)}`,
    `logs:PutLogEvents ${log(name)}`,
  ];
  const ofFunction = (name: string, secret: string) => [
    ...answering(name, secret),
    `s3:ListBucket ${bucket}`,
    `sqs:SendMessage ${queue}`,
  ];
  const loading = (name: string) => [
    ...ofFunction(name, writer),
    `s3:GetObject ${bucket}/incoming/*`,
    `s3:GetObjectVersion ${bucket}/incoming/*`,
    `s3:AbortMultipartUpload ${bucket}/rejects/*`,
    `s3:AbortMultipartUpload ${bucket}/reports/*`,
    `s3:PutObject ${bucket}/rejects/*`,
    `s3:PutObject ${bucket}/reports/*`,
  ];
  const bulkLoad = only(of, "AWS::StepFunctions::StateMachine", "BulkLoad").id;
  return {
    IntakeProgramRole: [...loading("Intake"), `states:StartExecution <${bulkLoad}>`].sort(),
    PartsProgramRole: loading("Parts").sort(),
    RequestsProgramRole: answering("Requests", writer).sort(),
    AdminProgramRole: [
      ...ofFunction("Admin", admin),
      `s3:AbortMultipartUpload ${bucket}/backups/*`,
      `s3:DeleteObject ${bucket}/backups/*`,
      `s3:GetObject ${bucket}/backups/*`,
      `s3:GetObjectVersion ${bucket}/backups/*`,
      `s3:PutObject ${bucket}/backups/*`,
    ].sort(),
    WorkerUser: [...dataApi(cluster), `secretsmanager:GetSecretValue ${writer}`].sort(),
    DataNotifier: [`s3:PutBucketNotification ${bucket}`],
    ...machine(of, "BulkLoad", "Parts"),
    ...machine(of, "BulkBackup", "Admin", ["Part"]),
    ...machine(of, "BulkRestore", "Admin"),
  };
}

/** A state machine calls one function, writes its log, and runs its parts as executions of its own. */
function machine(of: Template, name: string, called: string, redriven: string[] = []): Record<string, string[]> {
  const { id } = only(of, "AWS::StepFunctions::StateMachine", name);
  const target = only(of, "AWS::Lambda::Function", called).id;
  const all = `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${id}.Name>`;
  const executions = `${all}:*`;
  const parts = only(of, "AWS::IAM::Policy", `${name}MachineParts`).id;
  return {
    [`${name}Role`]: [`lambda:InvokeFunction <${target}.Arn>`, ...LOG_DELIVERY],
    [parts]: [
      `states:DescribeExecution ${executions}`,
      ...redriven.map((map) => `states:RedriveExecution ${all}/${map}:*`),
      `states:StartExecution <${id}>`,
      `states:StopExecution ${executions}`,
    ],
  };
}

/** For these AWS has no narrower resource. */
const LOG_DELIVERY = [
  "CreateLogDelivery",
  "DeleteLogDelivery",
  "DescribeLogGroups",
  "DescribeResourcePolicies",
  "GetLogDelivery",
  "ListLogDeliveries",
  "PutResourcePolicy",
  "UpdateLogDelivery",
].map((action) => `logs:${action} *`);

test("with a given database each role has exactly these rights, and no other has any", () => {
  const of = template();
  const { clusterArn, writerSecretArn, adminSecretArn } = GIVEN;
  deepEqual(rights(of), expected(of, clusterArn, writerSecretArn, adminSecretArn));
});

test("only the roles that may read a secret may decrypt it with a key of the customer's own", () => {
  const plain = rights(template());
  const withKey = rights(template({ ...GIVEN, secretKeyArn: KEY }));
  const readers = Object.keys(plain).filter((policy) =>
    plain[policy]!.some((right) => right.startsWith("secretsmanager:GetSecretValue")));
  deepEqual(readers.length, 5);
  for (const policy of readers) plain[policy] = [...plain[policy]!, `kms:Decrypt ${KEY}`].sort();
  deepEqual(withKey, plain);
});

test("with a schema.json in the bucket each function may read that object besides", () => {
  const plain = rights(template());
  const of = template({ ...GIVEN, schema: "config/schema.json" });
  const bucket = `<${only(of, "AWS::S3::Bucket").id}.Arn>`;
  const readers = ["IntakeProgramRole", "PartsProgramRole", "RequestsProgramRole", "AdminProgramRole"];
  for (const policy of readers) {
    plain[policy] = [...plain[policy]!, `s3:GetObject ${bucket}/config/schema.json`].sort();
  }
  deepEqual(rights(of), plain);
});

test("with a new database everybody has exactly these rights, on that one", () => {
  const of = template({ database: "create" });
  const cluster = only(of, "AWS::RDS::DBCluster").id;
  const arn = `arn:<AWS::Partition>:rds:<AWS::Region>:<AWS::AccountId>:cluster:<${cluster}>`;
  const secret = (name: string) => `<${only(of, "AWS::SecretsManager::Secret", name).id}>`;
  deepEqual(rights(of), expected(of, arn, secret("DatabaseWriter"), secret("DatabaseAdmin")));
});

for (const [kind, context] of Object.entries(KINDS)) {
  test(`with ${kind} no right is on everything, and none is to do everything`, () => {
    for (const [policy, allowed] of Object.entries(rights(template(context)))) {
      for (const right of allowed.filter((right) => !LOG_DELIVERY.includes(right))) {
        const [action = "", arn = ""] = right.split(" ");
        ok(!action.includes("*"), `${policy}: ${right}`);
        // A prefix of the bucket, or the executions of one machine.
        ok(/^[^*]+(\/[a-z]+\/\*|:execution:<\w+\.Name>(\/\w+)?:\*)?$/.test(arn), `${policy}: ${right}`);
      }
    }
  });

  test(`with ${kind} every role is for functions, machines or the schedule, and every policy is ours`, () => {
    const of = template(context);
    for (const [id, role] of Object.entries(resources(of, "AWS::IAM::Role"))) {
      const [statement, ...more] = role.Properties["AssumeRolePolicyDocument"].Statement;
      const service = id.startsWith("Bulk") ? (id.includes("EventsRole") ? "events" : "states") : "lambda";
      deepEqual([statement.Principal, more], [{ Service: `${service}.amazonaws.com` }, []], id);
      ok(!role.Properties["Policies"], id);
      // To empty the bucket before it goes CDK has a function of its own, which writes a log.
      if (!id.startsWith("CustomS3AutoDelete")) ok(!role.Properties["ManagedPolicyArns"], id);
    }
    const user = only(of, "AWS::IAM::User");
    deepEqual(user.Properties ?? {}, {});
  });

  test(`with ${kind} no access key is made, whose secret would be in the stack`, () => {
    deepEqual(resources(template(context), "AWS::IAM::AccessKey"), {});
  });
}

test("each policy has one role or user", () => {
  const of = template();
  const owners = Object.values(resources(of, "AWS::IAM::Policy")).map(({ Properties }) => {
    const all = [...Properties["Roles"] ?? [], ...Properties["Users"] ?? [], ...Properties["Groups"] ?? []];
    return all.map(words).join();
  });
  const machines = ["BulkBackupRole", "BulkLoadRole", "BulkRestoreRole"];
  const programs = ["AdminProgramRole", "IntakeProgramRole", "PartsProgramRole", "RequestsProgramRole"];
  const others = [...programs, "DataNotifier", "WorkerUser"];
  const expected = [...others, ...machines, ...machines].sort();
  deepEqual(owners.map((owner) => owner.replace(/^<(.*)[0-9A-F]{8}>$/, "$1")).sort(), expected);
});

test("only this bucket, this method and this schedule may call a function", () => {
  const of = template();
  const callers = Object.values(resources(of, "AWS::Lambda::Permission")).map(({ Properties }) => {
    equal(Properties["Action"], "lambda:InvokeFunction");
    const target = words(Properties["FunctionName"]).replace(/<([A-Z][a-z]+).*/, "$1");
    return `${Properties["Principal"]} ${target} ${words(Properties["SourceArn"])}`;
  });
  const api = `<${only(of, "AWS::ApiGateway::RestApi").id}>`;
  const stage = `<${only(of, "AWS::ApiGateway::Stage").id}>`;
  const account = "arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>";
  deepEqual(callers.sort(), [
    `apigateway.amazonaws.com Requests ${account}:${api}/${stage}/POST/insert_data`,
    `events.amazonaws.com Admin <${only(of, "AWS::Events::Rule").id}.Arn>`,
    `s3.amazonaws.com Intake <${only(of, "AWS::S3::Bucket").id}.Arn>`,
  ]);
});

test("a bucket of that name in another account may not call", () => {
  const permission = only(template(), "AWS::Lambda::Permission", "DataBucket");
  deepEqual(permission.Properties["SourceAccount"], { Ref: "AWS::AccountId" });
});
