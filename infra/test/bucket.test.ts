import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";

import { list, only, resources, template, words } from "./synth";

const bucket = only(template(), "AWS::S3::Bucket");

test("the bucket is encrypted, keeps versions, and nothing in it can be public", () => {
  const { BucketEncryption, VersioningConfiguration, PublicAccessBlockConfiguration, OwnershipControls } =
    bucket.Properties;
  const [rule] = BucketEncryption.ServerSideEncryptionConfiguration;
  equal(rule.ServerSideEncryptionByDefault.SSEAlgorithm, "AES256");
  deepEqual(VersioningConfiguration, { Status: "Enabled" });
  deepEqual(Object.values(PublicAccessBlockConfiguration), [true, true, true, true]);
  deepEqual(OwnershipControls.Rules, [{ ObjectOwnership: "BucketOwnerEnforced" }]);
});

test("a client without TLS, or with an old one, is refused everything", () => {
  const statements = only(template(), "AWS::S3::BucketPolicy").Properties["PolicyDocument"].Statement;
  const arn = `<${bucket.id}.Arn>`;
  for (const statement of statements) {
    deepEqual([statement.Effect, statement.Action, statement.Principal], ["Deny", "s3:*", { AWS: "*" }]);
    deepEqual(list(statement.Resource).map(words), [arn, `${arn}/*`]);
  }
  const conditions = statements.map((statement: any) => statement.Condition);
  deepEqual(conditions, [
    { Bool: { "aws:SecureTransport": "false" } },
    { NumericLessThan: { "s3:TlsVersion": 1.2 } },
  ]);
});

test("reports, reject files and replaced versions end, and so do uploads that were not ended", () => {
  deepEqual(bucket.Properties["LifecycleConfiguration"].Rules, [
    {
      Id: "unfinished-uploads",
      Status: "Enabled",
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
    },
    { Id: "reports", Status: "Enabled", Prefix: "reports/", ExpirationInDays: 90 },
    { Id: "rejects", Status: "Enabled", Prefix: "rejects/", ExpirationInDays: 30 },
    {
      Id: "replaced-and-deleted",
      Status: "Enabled",
      NoncurrentVersionExpiration: { NoncurrentDays: 30 },
      ExpiredObjectDeleteMarker: true,
    },
  ]);
});

test("the bucket stays when the stack goes, unless it was for trying or was never whole", () => {
  deepEqual([bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]], ["RetainExceptOnCreate", "Retain"]);
  deepEqual(resources(template(), "Custom::S3AutoDeleteObjects"), {});
  const trying = template({ database: "create", ephemeral: "true" });
  equal(only(trying, "AWS::S3::Bucket")["DeletionPolicy"], "Delete");
  only(trying, "Custom::S3AutoDeleteObjects");
});

test("new files under incoming/ call the intake, nothing else does", () => {
  const notifications = only(template(), "Custom::S3BucketNotifications");
  const { BucketName, NotificationConfiguration } = notifications.Properties;
  const [configuration, ...more] = NotificationConfiguration.LambdaFunctionConfigurations;
  equal(words(BucketName), `<${bucket.id}>`);
  deepEqual([Object.keys(NotificationConfiguration), more], [["LambdaFunctionConfigurations"], []]);
  deepEqual(configuration.Events, ["s3:ObjectCreated:*"]);
  deepEqual(configuration.Filter.Key.FilterRules, [{ Name: "prefix", Value: "incoming/" }]);
  const intake = only(template(), "AWS::Lambda::Function", "Intake").id;
  equal(words(configuration.LambdaFunctionArn), `<${intake}.Arn>`);
});

test("the notification waits for the right to set it, and for the right to call", () => {
  const waits: string[] = only(template(), "Custom::S3BucketNotifications")["DependsOn"];
  ok(waits.includes(only(template(), "AWS::IAM::Policy", "DataNotifier").id));
  ok(waits.includes(only(template(), "AWS::Lambda::Permission", "DataBucket").id));
});
