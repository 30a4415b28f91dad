package dev.tethys.collect.cloud.aws;

import dev.tethys.collect.cloud.reader.CloudContext;
import dev.tethys.collect.cloud.reader.CloudEndpoints;
import dev.tethys.collect.cloud.reader.CloudLogEntry;
import dev.tethys.collect.cloud.reader.CloudReader;
import dev.tethys.collect.cloud.reader.TagFilters;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.cloud.AwsCredentials;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Account of AWS whose databases are read.
 *
 * @param regions regions to read; empty for that of the environment
 * @param credentials without a region
 * @param endpoints URLs of services, by their names rds, elasticache and logs
 */
public record AwsAccount(
    List<String> regions,
    AwsCredentials.Settings credentials,
    TagFilters rdsFilters,
    TagFilters elastiCacheFilters,
    boolean enhancedMonitoring,
    boolean logs,
    Map<String, String> endpoints) {
  private static final int MAX_REGIONS = 40;

  private static final CloudEndpoints ENDPOINTS =
      new CloudEndpoints(AwsCalls.RDS, AwsCalls.ELASTICACHE, AwsCalls.LOGS);

  private static final Section SECTION =
      new Section("aws", "Databases of AWS: RDS, Aurora and ElastiCache.");
  private static final Key<List<String>> REGIONS =
      SECTION.key(
          "regions",
          Type.list(Type.STRING),
          List.of(),
          "Regions to read; if empty, that of the environment, the profile or the machine.");
  private static final Key<String> ACCESS_KEY =
      SECTION.key(
          "access_key",
          Type.STRING,
          "",
          "Access key; if empty, credentials are found by AWS's default chain.");
  private static final Key<Secret> SECRET_KEY =
      SECTION.key("secret_key", Type.SECRET, Secret.NONE, "Secret key of the access key.");
  private static final Key<String> PROFILE =
      SECTION.key("profile", Type.STRING, "", "Profile of the shared configuration files.");
  private static final Key<String> ROLE_ARN =
      SECTION.key("role_arn", Type.STRING, "", "Role to assume.");
  private static final Key<String> EXTERNAL_ID =
      SECTION.key("external_id", Type.STRING, "", "External ID, sent when assuming the role.");
  private static final Key<Map<String, String>> RDS_TAG_FILTERS =
      SECTION.key(
          "rds_tag_filters",
          Type.map(Type.STRING),
          Map.of(),
          "Tags of RDS instances with globs; all must match.");
  private static final Key<Map<String, String>> ELASTICACHE_TAG_FILTERS =
      SECTION.key(
          "elasticache_tag_filters",
          Type.map(Type.STRING),
          Map.of(),
          "Tags of ElastiCache clusters with globs; all must match.");
  private static final Key<Boolean> ENHANCED_MONITORING =
      SECTION.key(
          "enhanced_monitoring",
          Type.BOOL,
          true,
          "Read Enhanced Monitoring of instances that have it.");
  private static final Key<Boolean> LOGS =
      SECTION.key("logs", Type.BOOL, true, "Read error logs of PostgreSQL, MySQL and MariaDB.");
  private static final Key<Map<String, String>> ENDPOINTS_KEY =
      SECTION.key(
          "endpoints", ENDPOINTS.type(), Map.of(), "URLs of services, for proxies and tests.");

  /** Type of the key {@code aws}. */
  public static final Type<AwsAccount> TYPE = SECTION.type(AwsAccount::read);

  private static AwsAccount read(YamlObject o) {
    List<String> regions = o.get(REGIONS);
    if (regions.size() > MAX_REGIONS) {
      throw o.error(REGIONS, regions.size() + " regions; at most " + MAX_REGIONS);
    }
    Set<String> known = new HashSet<>();
    for (String r : regions) {
      if (!r.matches("[a-z]{2}[a-z0-9-]{3,30}")) {
        throw o.error(REGIONS, "\"" + r + "\" is not a region, such as eu-west-1");
      }
      if (!known.add(r)) {
        throw o.error(REGIONS, r + " is configured twice; remove one of them");
      }
    }
    if (o.get(ACCESS_KEY).isEmpty() != o.get(SECRET_KEY).isEmpty()) {
      throw o.error("access_key and secret_key must be set together");
    }
    if (!o.get(ACCESS_KEY).isEmpty() && !o.get(PROFILE).isEmpty()) {
      throw o.error(PROFILE, "profile cannot be set together with access_key");
    }
    if (!o.get(EXTERNAL_ID).isEmpty() && o.get(ROLE_ARN).isEmpty()) {
      throw o.error(EXTERNAL_ID, "external_id needs role_arn");
    }
    if (!o.get(ROLE_ARN).isEmpty() && !o.get(ROLE_ARN).matches("arn:[^\\s]+:role/[^\\s]+")) {
      throw o.error(
          ROLE_ARN,
          "\"" + o.get(ROLE_ARN) + "\" is not a role, such as arn:aws:iam::123456789012:role/NAME");
    }
    return new AwsAccount(
        List.copyOf(regions),
        new AwsCredentials.Settings(
            "",
            o.get(ACCESS_KEY),
            o.get(SECRET_KEY),
            o.get(PROFILE),
            o.get(ROLE_ARN),
            o.get(EXTERNAL_ID),
            false),
        TagFilters.read(o, RDS_TAG_FILTERS),
        TagFilters.read(o, ELASTICACHE_TAG_FILTERS),
        o.get(ENHANCED_MONITORING),
        o.get(LOGS),
        o.get(ENDPOINTS_KEY));
  }

  /** Readers of all regions. */
  public List<CloudReader> readers(CloudContext context, CloudLogEntry.Sink sink) {
    List<CloudReader> out = new ArrayList<>();
    for (String region : regions.isEmpty() ? List.of("") : regions) {
      out.add(new AwsReader(this, region, context, sink));
    }
    return out;
  }
}
