import { Duration, RemovalPolicy, aws_iam as iam, aws_s3 as s3 } from "aws-cdk-lib";
import { aws_s3_notifications as notifications } from "aws-cdk-lib";
import type { aws_lambda as lambda } from "aws-cdk-lib";
import { Construct } from "constructs";

import { acknowledge } from "./acknowledge";
import { allow } from "./rights";

/** The folders of the bucket. */
export const PREFIXES = {
  incoming: "incoming/",
  reports: "reports/",
  rejects: "rejects/",
  backups: "backups/",
} as const;

/** How long things stay: reject files hold the rows of people, reports hold counts. */
const DAYS = { reports: 90, rejects: 30, replaced: 30, unfinished: 2 };

/** The bucket for files, their reports and reject files, and backups. */
export class DataBucket extends Construct {
  readonly bucket: s3.Bucket;
  private readonly notifierPolicy: iam.Policy;

  constructor(scope: Construct, id: string, ephemeral: boolean) {
    super(scope, id);
    const notifier = notifierRole(this);
    this.bucket = new s3.Bucket(this, "Bucket", {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: true,
      lifecycleRules: lifecycle(),
      // This role's rights are fixed: CDK would allow it every bucket.
      notificationsHandlerRole: notifier.withoutPolicyUpdates(),
      // It goes, empty, with a first creation that failed, and never afterwards.
      removalPolicy: ephemeral ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      autoDeleteObjects: ephemeral,
    });
    acknowledge(
      this.bucket,
      "What is loaded is in the ledger; who reads files is for CloudTrail's data events, which " +
        "the account turns on.",
      "S1",
    );
    this.notifierPolicy = allowNotifications(notifier, this.bucket);
  }

  /** Has a function called for each new file under `incoming/`. */
  notify(target: lambda.IFunction): void {
    const destination = new notifications.LambdaDestination(target);
    this.bucket.addObjectCreatedNotification(destination, { prefix: PREFIXES.incoming });
    // CDK waits for its own policies only.
    this.bucket.node.findChild("Notifications").node.addDependency(this.notifierPolicy);
  }
}

/** cdk-nag's names of the wildcards behind prefixes of the bucket, to be acknowledged. */
export function wildcards(bucket: s3.IBucket, names: readonly (keyof typeof PREFIXES)[]): string[] {
  const id = bucket.stack.getLogicalId(bucket.node.defaultChild as s3.CfnBucket);
  return names.map((name) => `IAM5[Resource::<${id}.Arn>/${PREFIXES[name]}*]`);
}

function lifecycle(): s3.LifecycleRule[] {
  return [
    {
      id: "unfinished-uploads",
      abortIncompleteMultipartUploadAfter: Duration.days(DAYS.unfinished),
    },
    { id: "reports", prefix: PREFIXES.reports, expiration: Duration.days(DAYS.reports) },
    { id: "rejects", prefix: PREFIXES.rejects, expiration: Duration.days(DAYS.rejects) },
    // No backup ends by its age, or one day the only good one would: the nightly backup keeps so many
    // and hides the older ones, and what is hidden or replaced ends here. So does a deleted file.
    {
      id: "replaced-and-deleted",
      noncurrentVersionExpiration: Duration.days(DAYS.replaced),
      expiredObjectDeleteMarker: true,
    },
  ];
}

/** The role of CDK's own function that puts the notification in force. */
function notifierRole(scope: Construct): iam.Role {
  return new iam.Role(scope, "Notifier", {
    assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com"),
    description: "rowgate: has the bucket tell of new files, while the stack is deployed",
  });
}

function allowNotifications(role: iam.Role, bucket: s3.Bucket): iam.Policy {
  const policy = new iam.Policy(role, "Policy", {
    statements: [allow(["s3:PutBucketNotification"], bucket.bucketArn)],
  });
  policy.attachToRole(role);
  return policy;
}
