/** What the rest of the stack knows of a database. */
export interface Database {
  readonly name: string;
  readonly clusterArn: string;
  /** Of the user that stores rows. */
  readonly writerSecretArn: string;
  /** Of the user that backs up and restores. */
  readonly adminSecretArn: string;
  /** The customer's own key that these two are encrypted with; none is AWS's. */
  readonly secretKeyArn?: string;
  /** Of the user that makes the other two, in a cluster of this stack's own. */
  readonly rootSecretArn?: string;
}

/** The settings of a function that works as one of the database's users. */
export function databaseSettings(database: Database, secretArn: string): Record<string, string> {
  return {
    DB_CLUSTER_ARN: database.clusterArn,
    DB_SECRET_ARN: secretArn,
    DB_NAME: database.name,
  };
}
