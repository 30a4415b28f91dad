package dev.tethys.collect.cloud.gcp;

import dev.tethys.collect.cloud.reader.CloudContext;
import dev.tethys.collect.cloud.reader.CloudDatabase;
import dev.tethys.collect.cloud.reader.CloudException;
import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.collect.cloud.reader.CloudFigures;
import dev.tethys.collect.cloud.reader.CloudLogEntry;
import dev.tethys.collect.cloud.reader.CloudMetrics;
import dev.tethys.collect.cloud.reader.CloudParts;
import dev.tethys.collect.cloud.reader.CloudReader;
import dev.tethys.collect.cloud.reader.CloudReading;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * Reads Cloud SQL and Memorystore of one project: instances and machine metrics each minute, logs
 * in each reading.
 */
final class GcpReader implements CloudReader {
  private static final Duration DISCOVERY = Duration.ofMinutes(1);
  private static final int MAX_INSTANCES = 2000;
  private static final String SQL_PART = "Cloud SQL instances";
  private static final String MONITORING_PART = "Cloud Monitoring";
  private static final String LOGS_PART = "Cloud Logging";

  /** Product with a list of instances. */
  private enum Product {
    SQL(SQL_PART, "roles/cloudsql.viewer"),
    REDIS("Memorystore for Redis", "roles/redis.viewer"),
    MEMCACHED("Memorystore for Memcached", "roles/memcache.viewer"),
    VALKEY("Memorystore for Valkey", "roles/memorystore.viewer");

    final String part;
    final String role;

    Product(String part, String role) {
      this.part = part;
      this.role = role;
    }
  }

  private final GcpAccount account;
  private final String project;
  private final CloudContext context;
  private final GcpCalls api;
  private final GcpLogs logs;
  private final Map<Product, List<GcpInstance>> lists = new LinkedHashMap<>();
  private Map<Product, CloudException> failures = Map.of();
  private CloudFigures figures = new CloudFigures();
  private List<CloudReading.Part> figureParts = List.of();
  private Instant discoverAt = Instant.MIN;

  GcpReader(GcpAccount account, String project, CloudContext context, CloudLogEntry.Sink sink) {
    this.account = account;
    this.project = project;
    this.context = context;
    this.api = new GcpCalls(account, context);
    this.logs = new GcpLogs(project, sink, context.clock());
  }

  @Override
  public String cloud() {
    return "gcp";
  }

  @Override
  public String place() {
    return project;
  }

  @Override
  public CloudReading read() throws InterruptedException {
    Instant now = context.clock().instant();
    if (!now.isBefore(discoverAt)) {
      discover();
      if (account.monitoring()) {
        readFigures(now);
      }
      discoverAt = now.plus(DISCOVERY);
    }
    CloudParts parts = new CloudParts();
    for (Product p : Product.values()) {
      CloudException e = failures.get(p);
      if (e == null) {
        parts.succeeded(p.part);
      } else {
        parts.failed(p.part, e, grant(p.role));
      }
    }
    figureParts.forEach(parts::add);
    List<GcpInstance> all = instances();
    if (account.logs()) {
      readLogs(all, parts);
    }
    CloudMetrics m = new CloudMetrics();
    List<CloudDatabase> databases = new ArrayList<>();
    for (GcpInstance i : all) {
      i.addTo(m, figures);
      databases.add(i.database());
    }
    logs.addTo(m);
    parts.addErrors(m, "gcp_discovery_error", "project", project);
    return new CloudReading(parts.all(), List.copyOf(databases), m.families());
  }

  private String grant(String role) {
    return "gcloud projects add-iam-policy-binding "
        + project
        + " --member=serviceAccount:EMAIL --role="
        + role;
  }

  private List<GcpInstance> instances() {
    List<GcpInstance> out = new ArrayList<>();
    lists.values().forEach(out::addAll);
    return out;
  }

  /** A list that cannot be read keeps its last instances. */
  private void discover() throws InterruptedException {
    Map<Product, CloudException> failed = new HashMap<>();
    for (Product p : Product.values()) {
      try {
        List<GcpInstance> found = list(p);
        if (found.size() > MAX_INSTANCES) {
          throw new CloudException(
              Failure.ANSWER,
              found.size() + " instances; at most " + MAX_INSTANCES + ": select some by labels");
        }
        lists.put(p, found);
      } catch (CloudException e) {
        if (e.failure() == Failure.ABSENT) {
          lists.put(p, List.of());
        } else {
          failed.put(p, e);
        }
      }
    }
    failures = failed;
    logs.retain(lists.getOrDefault(Product.SQL, List.of()));
  }

  private List<GcpInstance> list(Product p) throws CloudException, InterruptedException {
    List<GcpInstance> out = new ArrayList<>();
    if (p == Product.SQL) {
      for (JsonNode i :
          api.list(
              GcpCalls.SQLADMIN,
              "cloudsql.instances.list",
              "/v1/projects/" + project + "/instances?maxResults=500",
              "items")) {
        if (account.region().isEmpty() || account.region().equals(i.path("region").asString(""))) {
          out.add(GcpInstance.sql(project, i));
        }
      }
      return selected(out);
    }
    String service =
        switch (p) {
          case REDIS -> GcpCalls.REDIS;
          case MEMCACHED -> GcpCalls.MEMCACHE;
          default -> GcpCalls.MEMORYSTORE;
        };
    String path =
        "/v1/projects/"
            + project
            + "/locations/"
            + (account.region().isEmpty() ? "-" : account.region())
            + "/instances?pageSize=500";
    for (JsonNode i : api.list(service, service + ".instances.list", path, "instances")) {
      switch (p) {
        case REDIS -> out.add(GcpInstance.redis(project, i));
        case MEMCACHED -> out.addAll(GcpInstance.memcached(project, i));
        default -> out.add(GcpInstance.valkey(project, i));
      }
    }
    out.removeIf(i -> !account.memorystoreFilters().matches(i.labels()));
    return out;
  }

  /** Instances whose labels, or those of their primaries, match. */
  private List<GcpInstance> selected(List<GcpInstance> all) {
    Map<String, GcpInstance> byName = new HashMap<>();
    all.forEach(i -> byName.put(i.name(), i));
    List<GcpInstance> out = new ArrayList<>();
    for (GcpInstance i : all) {
      GcpInstance primary = byName.get(i.primary());
      if (account.cloudSqlFilters().matches(i.labels())
          || primary != null && account.cloudSqlFilters().matches(primary.labels())) {
        out.add(i);
      }
    }
    return out;
  }

  private void readFigures(Instant now) throws InterruptedException {
    List<String> engines =
        instances().stream().map(i -> i.sql() ? "sql" : i.engine()).distinct().toList();
    CloudParts parts = new CloudParts();
    figures =
        GcpMonitoring.read(
            api, project, engines, now, parts, MONITORING_PART, grant("roles/monitoring.viewer"));
    figureParts = parts.all();
  }

  private void readLogs(List<GcpInstance> all, CloudParts parts) throws InterruptedException {
    if (all.stream().noneMatch(GcpInstance::hasLog)) {
      return;
    }
    try {
      logs.read(api, all);
      parts.succeeded(LOGS_PART);
    } catch (CloudException e) {
      parts.failed(LOGS_PART, e, grant("roles/logging.viewer"));
    }
  }
}
