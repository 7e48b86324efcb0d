import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";

import { only, resources, template } from "./synth";

const NEW = template({ database: "create", databaseName: "hr" });
const cluster = only(NEW, "AWS::RDS::DBCluster");

test("a given database gets no cluster, no network and no secret", () => {
  for (const type of ["AWS::RDS::DBCluster", "AWS::EC2::VPC", "AWS::SecretsManager::Secret"]) {
    deepEqual(resources(template(), type), {}, type);
  }
});

test("a new cluster has the Data API, is encrypted and cannot be deleted by mistake", () => {
  const { Engine, EngineVersion, EnableHttpEndpoint, StorageEncrypted, DeletionProtection, DatabaseName } =
    cluster.Properties;
  deepEqual([Engine, DatabaseName], ["aurora-mysql", "hr"]);
  const [, minor] = /^8\.0\.mysql_aurora\.3\.(\d+)\./.exec(EngineVersion) ?? [];
  // From 3.07 the Data API is there, from 3.08 it can pause.
  ok(Number(minor) >= 8, EngineVersion);
  deepEqual([EnableHttpEndpoint, StorageEncrypted, DeletionProtection], [true, true, true]);
  equal(cluster["DeletionPolicy"], "Snapshot");
});

test("it stays on its version, which has long-term support", () => {
  equal(only(NEW, "AWS::RDS::DBInstance").Properties["AutoMinorVersionUpgrade"], false);
});

test("it pauses when no client asks, and has a limit", () => {
  deepEqual(cluster.Properties["ServerlessV2ScalingConfiguration"], { MinCapacity: 0, MaxCapacity: 4 });
  equal(only(NEW, "AWS::RDS::DBInstance").Properties["DBInstanceClass"], "db.serverless");
  const other = template({ database: "create", minCapacity: "0.5", maxCapacity: "16" });
  deepEqual(only(other, "AWS::RDS::DBCluster").Properties["ServerlessV2ScalingConfiguration"], {
    MinCapacity: 0.5,
    MaxCapacity: 16,
  });
});

test("its parameters are what rowgate relies on", () => {
  const group = only(NEW, "AWS::RDS::DBClusterParameterGroup");
  deepEqual(cluster.Properties["DBClusterParameterGroupName"], { Ref: group.id });
  const { Family, Parameters } = group.Properties;
  equal(Family, "aurora-mysql8.0");
  const { sql_mode, ...others } = Parameters;
  ok(sql_mode.split(",").includes("STRICT_TRANS_TABLES"));
  deepEqual(others, {
    innodb_autoinc_lock_mode: "2",
    transaction_isolation: "REPEATABLE-READ",
    character_set_server: "utf8mb4",
    collation_server: "utf8mb4_0900_ai_ci",
    time_zone: "UTC",
  });
});

test("another version of the engine has its own family of parameters", () => {
  for (const [engineVersion, family] of [
    ["8.0.mysql_aurora.3.08.2", "aurora-mysql8.0"],
    ["8.4.mysql_aurora.8.4.7", "aurora-mysql8.4"],
  ]) {
    const of = template({ database: "create", engineVersion });
    equal(only(of, "AWS::RDS::DBCluster").Properties["EngineVersion"], engineVersion);
    equal(only(of, "AWS::RDS::DBClusterParameterGroup").Properties["Family"], family);
  }
});

test("parameters that a region does not let be set are left to it", () => {
  const of = template({ database: "create", leaveParameters: "time_zone,collation_server" });
  const { Parameters } = only(of, "AWS::RDS::DBClusterParameterGroup").Properties;
  equal(Object.keys(Parameters).some((name) => ["time_zone", "collation_server"].includes(name)), false);
  ok(Parameters.sql_mode);
});

test("no connection can come in, and none has a way out", () => {
  const [group] = Object.values(resources(NEW, "AWS::EC2::SecurityGroup"));
  equal(group?.Properties["SecurityGroupIngress"], undefined);
  for (const type of ["AWS::EC2::SecurityGroupIngress", "AWS::EC2::InternetGateway", "AWS::EC2::Route"]) {
    deepEqual(resources(NEW, type), {}, type);
  }
  equal(only(NEW, "AWS::RDS::DBInstance").Properties["PubliclyAccessible"], false);
});

test("the two users' secrets are what the Data API reads and `rowgate migrate --users` takes", () => {
  for (const [id, username] of [["DatabaseWriter", "rowgate_writer"], ["DatabaseAdmin", "rowgate_admin"]]) {
    const secret = only(NEW, "AWS::SecretsManager::Secret", id);
    const { SecretStringTemplate, ...generate } = secret.Properties["GenerateSecretString"];
    deepEqual(JSON.parse(SecretStringTemplate), { username });
    deepEqual(generate, { GenerateStringKey: "password", ExcludePunctuation: true, PasswordLength: 40 });
  }
});

test("until the stack stands, the cluster can be deleted with it, and nothing else is otherwise", () => {
  const whole = template({ database: "create" }).toJSON();
  const first = template({ database: "create", protected: "false" }).toJSON();
  const { id } = only(template({ database: "create" }), "AWS::RDS::DBCluster");
  equal(first.Resources[id].Properties.DeletionProtection, false);
  first.Resources[id].Properties.DeletionProtection = true;
  deepEqual(first, whole);
});

test("for trying, it all goes with the stack", () => {
  const trying = only(template({ database: "create", ephemeral: "true" }), "AWS::RDS::DBCluster");
  deepEqual([trying["DeletionPolicy"], trying.Properties["DeletionProtection"]], ["Delete", false]);
});
