import { Duration, RemovalPolicy, aws_ec2 as ec2, aws_rds as rds } from "aws-cdk-lib";
import { aws_secretsmanager as secretsmanager } from "aws-cdk-lib";
import { Construct } from "constructs";

import { acknowledge } from "./acknowledge";
import type { Database } from "./database";
import type { NewDatabase, Settings } from "./settings";

/** What rowgate relies on and `rowgate doctor` looks at; Aurora's own defaults are not these. */
const PARAMETERS: Readonly<Record<string, string>> = {
  // Without strict mode the database cuts and zeroes values instead of refusing them.
  sql_mode: [
    "ONLY_FULL_GROUP_BY",
    "STRICT_TRANS_TABLES",
    "NO_ZERO_IN_DATE",
    "NO_ZERO_DATE",
    "ERROR_FOR_DIVISION_BY_ZERO",
    "NO_ENGINE_SUBSTITUTION",
  ].join(","),
  // Loads that run side by side do not wait for each other's numbers.
  innodb_autoinc_lock_mode: "2",
  // A backup's first SELECT fixes what all that follow see.
  transaction_isolation: "REPEATABLE-READ",
  character_set_server: "utf8mb4",
  collation_server: "utf8mb4_0900_ai_ci",
  time_zone: "UTC",
};

/** The parameters of a new cluster. */
export function parameters({ leaveParameters }: NewDatabase): Record<string, string> {
  const unknown = leaveParameters.find((name) => !(name in PARAMETERS));
  if (unknown) throw new Error(`leaveParameters: ${unknown} is not one of ${Object.keys(PARAMETERS).join(", ")}`);
  const chosen = Object.entries(PARAMETERS).filter(([name]) => !leaveParameters.includes(name));
  return Object.fromEntries(chosen);
}

/** The engine of a new cluster; its family of parameters is the major version's, which comes first. */
export function engine({ engineVersion }: NewDatabase): rds.IClusterEngine {
  const version = rds.AuroraMysqlEngineVersion.of(engineVersion, engineVersion.slice(0, 3));
  return rds.DatabaseClusterEngine.auroraMysql({ version });
}

/** A new Aurora MySQL cluster, Serverless v2, that is reached through the Data API alone. */
export class Aurora extends Construct implements Database {
  readonly name: string;
  readonly clusterArn: string;
  readonly writerSecretArn: string;
  readonly adminSecretArn: string;
  readonly rootSecretArn: string;

  constructor(scope: Construct, id: string, props: NewDatabase, settings: Settings) {
    super(scope, id);
    this.name = props.name;
    const cluster = this.cluster(props, settings);
    this.clusterArn = cluster.clusterArn;
    this.rootSecretArn = cluster.secret?.secretArn ?? "";
    this.writerSecretArn = this.user("Writer", "rowgate_writer").secretArn;
    this.adminSecretArn = this.user("Admin", "rowgate_admin").secretArn;
    acknowledge(
      this,
      "Nothing but the Data API reaches the cluster, so a function that rotates passwords would need " +
        "a way into the network; docs/deploy.md says how they are changed.",
      "SMG4",
    );
  }

  private cluster(props: NewDatabase, settings: Settings): rds.DatabaseCluster {
    const { ephemeral } = settings;
    const cluster = new rds.DatabaseCluster(this, "Cluster", {
      engine: engine(props),
      parameters: parameters(props),
      defaultDatabaseName: props.name,
      credentials: rds.Credentials.fromGeneratedSecret("rowgate_root"),
      // Or it would leave the version with long-term support.
      writer: rds.ClusterInstance.serverlessV2("Writer", { autoMinorVersionUpgrade: false }),
      serverlessV2MinCapacity: props.minCapacity,
      serverlessV2MaxCapacity: props.maxCapacity,
      enableDataApi: true,
      vpc: this.network(),
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      storageEncrypted: true,
      iamAuthentication: true,
      // Not the audit, general or slow log: those hold rows of people.
      cloudwatchLogsExports: ["error"],
      // Beside rowgate's own backups: these bring the whole cluster back to any second.
      backup: { retention: Duration.days(ephemeral ? 1 : 7) },
      deletionProtection: settings.protected,
      removalPolicy: ephemeral ? RemovalPolicy.DESTROY : RemovalPolicy.SNAPSHOT,
    });
    acknowledge(cluster, "No port is open to anybody: no rule lets a connection in.", "RDS11");
    acknowledge(
      cluster,
      "Backups and a restore without downtime are rowgate's own; backtracking is billed for every change.",
      "RDS14",
    );
    if (!settings.protected) acknowledge(cluster, "It is for trying, or not whole yet.", "RDS10");
    return cluster;
  }

  /** Two subnets without a way in or out, which cost nothing; the Data API needs none. */
  private network(): ec2.Vpc {
    const vpc = new ec2.Vpc(this, "Network", {
      maxAzs: 2,
      natGateways: 0,
      createInternetGateway: false,
      // Nothing uses the default group, and closing it would take one more function.
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: "Database", subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
    });
    acknowledge(vpc, "It has no routes, so no flow to log.", "VPC7");
    return vpc;
  }

  /** A database user's name and password, as the Data API reads them. */
  private user(id: string, username: string): secretsmanager.Secret {
    return new secretsmanager.Secret(this, id, {
      description: `rowgate: the database user ${username}`,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username }),
        generateStringKey: "password",
        // CREATE USER takes no parameters: letters and digits mean nothing to SQL.
        excludePunctuation: true,
        passwordLength: 40,
      },
    });
  }
}
