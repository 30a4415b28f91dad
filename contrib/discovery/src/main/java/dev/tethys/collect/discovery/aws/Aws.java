package dev.tethys.collect.discovery.aws;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Filter;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.time.Duration;
import java.util.List;

/** {@code aws_sd_configs}, and a separate mechanism for each of its roles. */
public final class Aws {
  private static final Section SECTION =
      new Section("aws_sd_config", "Targets from services of AWS.");

  /**
   * Number of concurrent calls that AWS sustains without throttling, for mechanisms that request
   * items one by one.
   */
  private static final int AT_ONCE = 10;

  private static final int ECS_AT_ONCE = 20;
  private static final int MOST_AT_ONCE = 1000;

  private static final Key<String> ROLE =
      Mechanism.word(
          SECTION,
          "role",
          "",
          "AWS service whose resources are discovered; required.",
          "unknown AWS SD role \"%s\"",
          "ec2",
          "ecs",
          "elasticache",
          "lightsail",
          "msk",
          "rds");
  private static final AwsKeys KEYS = new AwsKeys(SECTION);
  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(60));
  private static final Key<Long> PORT = Mechanism.port(SECTION, 80);

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  private static final Key<List<Filter>> FILTERS =
      SECTION.key(
          "filters",
          Filter.LIST,
          List.of(),
          "Filters of EC2 or RDS instances; only for the roles ec2 and rds.");
  private static final Key<List<String>> CLUSTERS =
      SECTION.key(
          "clusters",
          Type.list(Type.STRING),
          List.of(),
          "Clusters to discover; for all roles but ec2.");

  public static final Mechanism AWS =
      Mechanism.polling("aws", SECTION, REFRESH_INTERVAL, Aws::check, Aws::source);

  private static final Section EC2_SECTION =
      new Section("ec2_sd_config", "Targets from instances of AWS EC2.");
  private static final AwsKeys EC2_KEYS = new AwsKeys(EC2_SECTION);
  private static final Key<Duration> EC2_INTERVAL =
      Mechanism.refreshInterval(EC2_SECTION, Duration.ofSeconds(60));
  private static final Key<Long> EC2_PORT = Mechanism.port(EC2_SECTION, 80);
  private static final Key<List<Filter>> EC2_FILTERS =
      EC2_SECTION.key("filters", Filter.LIST, List.of(), "Filters of EC2 instances.");

  static {
    EC2_SECTION.include(HttpClientConfig.SECTION);
  }

  public static final Mechanism EC2 =
      Mechanism.polling(
          "ec2",
          EC2_SECTION,
          EC2_INTERVAL,
          (o, s) -> checkFilters(o, s.get(EC2_FILTERS)),
          (s, context) ->
              new Ec2Instances(
                  EC2_KEYS.api("ec2", s, context), s.get(EC2_FILTERS), s.get(EC2_PORT)));

  private static final Section LIGHTSAIL_SECTION =
      new Section("lightsail_sd_config", "Targets from instances of AWS Lightsail.");
  private static final AwsKeys LIGHTSAIL_KEYS = new AwsKeys(LIGHTSAIL_SECTION);
  private static final Key<Duration> LIGHTSAIL_INTERVAL =
      Mechanism.refreshInterval(LIGHTSAIL_SECTION, Duration.ofSeconds(60));
  private static final Key<Long> LIGHTSAIL_PORT = Mechanism.port(LIGHTSAIL_SECTION, 80);

  static {
    LIGHTSAIL_SECTION.include(HttpClientConfig.SECTION);
  }

  public static final Mechanism LIGHTSAIL =
      Mechanism.polling(
          "lightsail",
          LIGHTSAIL_SECTION,
          LIGHTSAIL_INTERVAL,
          (o, s) -> {},
          (s, context) ->
              new LightsailInstances(
                  LIGHTSAIL_KEYS.api("lightsail", s, context), s.get(LIGHTSAIL_PORT)));

  public static final Mechanism ECS =
      ofClusters(
          "ecs",
          new Section("ecs_sd_config", "Targets from tasks of AWS ECS."),
          "ecs",
          ECS_AT_ONCE,
          (o, s) -> {},
          (api, s, clusters, port) -> new EcsTasks(api, clusters, port));
  public static final Mechanism MSK =
      ofClusters(
          "msk",
          new Section("msk_sd_config", "Targets from nodes of AWS MSK."),
          "kafka",
          AT_ONCE,
          (o, s) -> {},
          (api, s, clusters, port) -> new MskNodes(api, clusters, port));
  private static final Section RDS_SECTION =
      new Section("rds_sd_config", "Targets from instances of AWS RDS.");
  private static final Key<List<Filter>> RDS_FILTERS =
      RDS_SECTION.key("filters", Filter.LIST, List.of(), "Filters of RDS instances.");
  public static final Mechanism RDS =
      ofClusters(
          "rds",
          RDS_SECTION,
          "rds",
          AT_ONCE,
          (o, s) -> checkFilters(o, s.get(RDS_FILTERS)),
          (api, s, clusters, port) -> new RdsInstances(api, clusters, s.get(RDS_FILTERS), port));
  public static final Mechanism ELASTICACHE =
      ofClusters(
          "elasticache",
          new Section("elasticache_sd_config", "Targets from nodes of AWS ElastiCache."),
          "elasticache",
          AT_ONCE,
          (o, s) -> {},
          (api, s, clusters, port) -> new ElastiCacheNodes(api, clusters));

  private interface OfClusters {
    PollingDiscovery.Source source(AwsApi api, Settings s, List<String> clusters, long port);
  }

  private static Mechanism ofClusters(
      String name,
      Section section,
      String service,
      int atOnce,
      Mechanism.Check check,
      OfClusters make) {
    AwsKeys keys = new AwsKeys(section);
    Key<Duration> interval = Mechanism.refreshInterval(section, Duration.ofSeconds(60));
    Key<Long> port = Mechanism.port(section, 80);
    Key<List<String>> clusters =
        section.key(
            "clusters", Type.list(Type.STRING), List.of(), "Clusters to discover; all if empty.");
    Key<Long> concurrency =
        section.key(
            "request_concurrency",
            Type.UINT,
            (long) atOnce,
            "Maximum number of concurrent API requests.");
    section.include(HttpClientConfig.SECTION);
    return Mechanism.polling(
        name,
        section,
        interval,
        (o, s) -> {
          if (s.get(concurrency) < 1 || s.get(concurrency) > MOST_AT_ONCE) {
            throw o.error(concurrency, "request_concurrency must be 1 to " + MOST_AT_ONCE);
          }
          check.check(o, s);
        },
        (s, context) ->
            make.source(
                keys.api(service, s, s.get(concurrency).intValue(), context),
                s,
                s.get(clusters),
                s.get(port)));
  }

  private Aws() {}

  private static void check(YamlObject o, Settings s) {
    String role = s.get(ROLE);
    if (role.isEmpty()) {
      throw o.error("unknown AWS SD role \"\"");
    }
    checkFilters(o, s.get(FILTERS));
  }

  private static void checkFilters(YamlObject o, List<Filter> filters) {
    if (filters.stream().anyMatch(f -> f.values().isEmpty())) {
      throw o.error("EC2 SD configuration filter values cannot be empty");
    }
  }

  private static PollingDiscovery.Source source(Settings s, DiscoveryContext context) {
    long port = s.get(PORT);
    return switch (s.get(ROLE)) {
      case "ec2" -> new Ec2Instances(KEYS.api("ec2", s, context), s.get(FILTERS), port);
      case "lightsail" -> new LightsailInstances(KEYS.api("lightsail", s, context), port);
      case "ecs" -> new EcsTasks(KEYS.api("ecs", s, ECS_AT_ONCE, context), s.get(CLUSTERS), port);
      case "msk" -> new MskNodes(KEYS.api("kafka", s, AT_ONCE, context), s.get(CLUSTERS), port);
      case "rds" ->
          new RdsInstances(
              KEYS.api("rds", s, AT_ONCE, context), s.get(CLUSTERS), s.get(FILTERS), port);
      default ->
          new ElastiCacheNodes(KEYS.api("elasticache", s, AT_ONCE, context), s.get(CLUSTERS));
    };
  }
}
