package dev.tethys.collect.cloud.aws;

import dev.tethys.collect.cloud.reader.CloudContext;
import dev.tethys.collect.cloud.reader.CloudDatabase;
import dev.tethys.collect.cloud.reader.CloudException;
import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.collect.cloud.reader.CloudLogEntry;
import dev.tethys.collect.cloud.reader.CloudMetrics;
import dev.tethys.collect.cloud.reader.CloudParts;
import dev.tethys.collect.cloud.reader.CloudReader;
import dev.tethys.collect.cloud.reader.CloudReading;
import dev.tethys.collect.cloud.reader.EndpointNames;
import dev.tethys.collect.cloud.reader.InstanceLog;
import dev.tethys.collect.observe.logs.LogPatterns;
import dev.tethys.web.cloud.XmlReader;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.w3c.dom.Element;
import tools.jackson.databind.JsonNode;

/**
 * Reads RDS and ElastiCache of one region: the lists of instances each minute, Enhanced Monitoring
 * and logs in each reading.
 */
final class AwsReader implements CloudReader {
  /** Most instances of RDS, and most nodes of ElastiCache. */
  static final int MAX_INSTANCES = 2000;

  static final Duration DISCOVERY = Duration.ofMinutes(1);

  private static final int MAX_DENIED = 5;
  private static final Duration TAGS_KEPT = Duration.ofMinutes(10);
  private static final Map<String, String> PAGE = Map.of("MaxRecords", "100");
  private static final String RDS_VERSION = "2014-10-31";
  private static final String ELASTICACHE_VERSION = "2015-02-02";

  private record Tags(Map<String, String> tags, Instant until) {}

  private final AwsAccount account;
  private final String configured;
  private final CloudContext context;
  private final CloudLogEntry.Sink sink;
  private final AwsCalls api;
  private final EndpointNames names;
  private final LogPatterns patterns = new LogPatterns();
  private final Map<String, RdsLogFiles> logs = new HashMap<>();
  private final Map<String, Tags> cacheTags = new HashMap<>();
  private List<RdsInstance> instances = List.of();
  private List<ElastiCacheNode> nodes = List.of();
  private Map<String, CloudException> discoveryFailures = Map.of();
  private Instant discoverAt = Instant.MIN;
  private int monitoringFrom;
  private int logsFrom;
  private String place;

  AwsReader(AwsAccount account, String region, CloudContext context, CloudLogEntry.Sink sink) {
    this.account = account;
    this.configured = region;
    this.context = context;
    this.sink = sink;
    this.api = new AwsCalls(account, region, context);
    this.names = new EndpointNames(context);
    this.place = region.isEmpty() ? "region of the environment" : region;
  }

  @Override
  public String cloud() {
    return "aws";
  }

  @Override
  public String place() {
    return place;
  }

  @Override
  public CloudReading read() throws InterruptedException {
    Instant now = context.clock().instant();
    CloudParts parts = new CloudParts();
    names.begin();
    if (!now.isBefore(discoverAt)) {
      discover();
      discoverAt = now.plus(DISCOVERY);
    }
    result(parts, "RDS instances", AwsPolicy.RDS_INSTANCES);
    result(parts, "ElastiCache clusters", AwsPolicy.ELASTICACHE_CLUSTERS);
    CloudMetrics m = new CloudMetrics();
    List<CloudDatabase> databases = new ArrayList<>();
    for (RdsInstance i : instances) {
      String ipv4 = names.ipv4(i.host());
      i.addTo(m, ipv4);
      databases.add(i.database(ipv4));
    }
    for (ElastiCacheNode n : nodes) {
      String ipv4 = names.ipv4(n.host());
      n.addTo(m, ipv4);
      databases.add(n.database(ipv4));
    }
    if (account.enhancedMonitoring()) {
      readMonitoring(parts, m);
    }
    if (account.logs()) {
      readLogs(parts, m, now);
    }
    parts.addErrors(m, "aws_discovery_error", "region", configured);
    return new CloudReading(parts.all(), List.copyOf(databases), m.families());
  }

  private void result(CloudParts parts, String name, String remedy) {
    CloudException e = discoveryFailures.get(name);
    if (e == null) {
      parts.succeeded(name);
    } else {
      parts.failed(name, e, remedy);
    }
  }

  /** A list that cannot be read keeps its last instances. */
  private void discover() throws InterruptedException {
    Map<String, CloudException> failures = new HashMap<>();
    try {
      place = api.region();
      instances = rdsInstances(place);
    } catch (CloudException e) {
      failures.put("RDS instances", e);
    }
    try {
      nodes = elastiCacheNodes(api.region());
    } catch (CloudException e) {
      failures.put("ElastiCache clusters", e);
    }
    discoveryFailures = failures;
    Set<String> present = new HashSet<>();
    instances.forEach(i -> present.add(i.id()));
    logs.keySet().retainAll(present);
    patterns.retain(o -> present.contains(o.containerId()));
  }

  private List<RdsInstance> rdsInstances(String region)
      throws CloudException, InterruptedException {
    List<RdsInstance> out = new ArrayList<>();
    for (Element e :
        api.list(AwsCalls.RDS, "DescribeDBInstances", RDS_VERSION, PAGE, "DBInstances")) {
      RdsInstance i = RdsInstance.of(region, e);
      if (!i.name().isEmpty() && account.rdsFilters().matches(i.tags())) {
        out.add(i);
      }
    }
    return bounded(out, "RDS instances");
  }

  private List<ElastiCacheNode> elastiCacheNodes(String region)
      throws CloudException, InterruptedException {
    List<ElastiCacheNode> out = new ArrayList<>();
    Map<String, String> p = new LinkedHashMap<>(PAGE);
    p.put("ShowCacheNodeInfo", "true");
    Set<String> arns = new HashSet<>();
    for (Element e :
        api.list(
            AwsCalls.ELASTICACHE,
            "DescribeCacheClusters",
            ELASTICACHE_VERSION,
            p,
            "CacheClusters")) {
      Map<String, String> tags = Map.of();
      if (!account.elastiCacheFilters().isEmpty()) {
        String arn = XmlReader.text(e, "ARN");
        arns.add(arn);
        tags = cacheTags(arn);
      }
      if (account.elastiCacheFilters().matches(tags)) {
        out.addAll(ElastiCacheNode.of(region, e, tags));
      }
    }
    cacheTags.keySet().retainAll(arns);
    return bounded(out, "ElastiCache nodes");
  }

  private static <T> List<T> bounded(List<T> all, String what) throws CloudException {
    if (all.size() > MAX_INSTANCES) {
      throw new CloudException(
          Failure.ANSWER,
          all.size() + " " + what + "; at most " + MAX_INSTANCES + ": select some by tag filters");
    }
    return List.copyOf(all);
  }

  /** Tags of a cluster, which its description does not have. */
  private Map<String, String> cacheTags(String arn) throws CloudException, InterruptedException {
    Tags kept = cacheTags.get(arn);
    Instant now = context.clock().instant();
    if (kept != null && now.isBefore(kept.until)) {
      return kept.tags;
    }
    Element list =
        api.query(
            AwsCalls.ELASTICACHE,
            "ListTagsForResource",
            ELASTICACHE_VERSION,
            Map.of("ResourceName", arn));
    Map<String, String> tags = RdsInstance.tags(XmlReader.child(list, "TagList"));
    cacheTags.put(arn, new Tags(tags, now.plus(TAGS_KEPT)));
    return tags;
  }

  private void readMonitoring(CloudParts parts, CloudMetrics m) throws InterruptedException {
    monitoringFrom =
        eachInstance(
            monitoringFrom,
            i -> i.monitoringSeconds() > 0 && !i.resource().isEmpty(),
            i -> {
              JsonNode event = EnhancedMonitoring.read(api, i, context.clock().instant());
              if (event != null) {
                EnhancedMonitoring.add(i.metrics(m), event);
              }
            },
            parts,
            "Enhanced Monitoring",
            AwsPolicy.MONITORING);
  }

  private void readLogs(CloudParts parts, CloudMetrics m, Instant now) throws InterruptedException {
    logsFrom =
        eachInstance(
            logsFrom,
            RdsInstance::hasLog,
            i -> logs.computeIfAbsent(i.id(), _ -> logFiles(i)).read(api, now.toEpochMilli()),
            parts,
            "error logs",
            AwsPolicy.LOG_FILES);
    InstanceLog.addCounts(patterns, m, "aws_rds_log_messages_total", "rds_instance_id");
  }

  /** Requests about one instance. */
  private interface Request {
    void send(RdsInstance i) throws CloudException, InterruptedException;
  }

  /**
   * Sends requests about each instance until one fails so that the others would fail as well.
   *
   * @param from instance to begin with
   * @return instance to begin with in the next reading, so that a limit of requests does not always
   *     leave out the same ones
   */
  private int eachInstance(
      int from,
      Predicate<RdsInstance> selected,
      Request request,
      CloudParts parts,
      String part,
      String remedy)
      throws InterruptedException {
    int denied = 0;
    for (int n = 0; n < instances.size(); n++) {
      int at = (from + n) % instances.size();
      RdsInstance i = instances.get(at);
      if (!selected.test(i)) {
        continue;
      }
      try {
        request.send(i);
        parts.succeeded(part);
        denied = 0;
      } catch (CloudException e) {
        // An instance that is new has no events or logs yet.
        if (e.failure() == Failure.ABSENT) {
          parts.succeeded(part);
          continue;
        }
        parts.failed(part, e, remedy);
        denied += e.failure() == Failure.DENIED ? 1 : 0;
        if (endsPart(e) || denied == MAX_DENIED) {
          return at;
        }
      }
    }
    return 0;
  }

  private RdsLogFiles logFiles(RdsInstance i) {
    return new RdsLogFiles(
        i.name(),
        new InstanceLog(
            i.id(), "/aws/rds/" + i.id(), i.isPostgres(), patterns, sink, context.clock()));
  }

  /** Whether requests about other instances would fail as well. */
  private static boolean endsPart(CloudException e) {
    return switch (e.failure()) {
      case LOGIN, THROTTLED, TIMEOUT, CONNECTION -> true;
      default -> false;
    };
  }
}
