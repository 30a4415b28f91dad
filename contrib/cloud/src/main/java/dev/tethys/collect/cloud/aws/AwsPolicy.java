package dev.tethys.collect.cloud.aws;

/** Statements of IAM policies that permit parts of a reading. */
final class AwsPolicy {
  static final String RDS_INSTANCES = statement("*", "rds:DescribeDBInstances");
  static final String ELASTICACHE_CLUSTERS =
      statement("*", "elasticache:DescribeCacheClusters", "elasticache:ListTagsForResource");
  static final String MONITORING =
      statement("arn:aws:logs:*:*:log-group:RDSOSMetrics:*", "logs:GetLogEvents");
  static final String LOG_FILES =
      statement("*", "rds:DescribeDBLogFiles", "rds:DownloadDBLogFilePortion");

  private AwsPolicy() {}

  private static String statement(String resource, String... actions) {
    return "{\"Effect\": \"Allow\", \"Action\": [\""
        + String.join("\", \"", actions)
        + "\"], \"Resource\": \""
        + resource
        + "\"}";
  }
}
