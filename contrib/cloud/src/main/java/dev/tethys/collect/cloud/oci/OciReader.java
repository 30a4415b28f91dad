package dev.tethys.collect.cloud.oci;

import dev.tethys.collect.cloud.oci.OciDatabase.Common;
import dev.tethys.collect.cloud.reader.CloudCalls;
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
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * Reads databases and caches of one region of Oracle Cloud: systems, machine metrics and service
 * logs each minute, entries of the logs in each reading.
 */
final class OciReader implements CloudReader {
  private static final Duration DISCOVERY = Duration.ofMinutes(1);
  private static final int MAX_DATABASES = 2000;
  private static final String LOGS = "Logging";

  /** Service with a list of databases. */
  private enum Service {
    MYSQL("MySQL HeatWave", "mysql-family"),
    POSTGRESQL("Database with PostgreSQL", "postgres-db-systems"),
    CACHE("OCI Cache", "redis-family");

    final String part;
    final String resources;

    Service(String part, String resources) {
      this.part = part;
      this.resources = resources;
    }
  }

  private final OciAccount account;
  private final String region;
  private final CloudContext context;
  private final OciCalls api;
  private final OciLogs logs;
  private final Map<Service, List<OciDatabase>> lists = new EnumMap<>(Service.class);
  private List<CloudReading.Part> discovery = List.of();
  private CloudFigures figures = new CloudFigures();
  private Instant discoverAt = Instant.MIN;

  OciReader(OciAccount account, String region, CloudContext context, CloudLogEntry.Sink sink) {
    this.account = account;
    this.region = region;
    this.context = context;
    this.api = new OciCalls(account, region, context);
    this.logs = new OciLogs(sink, context.clock());
  }

  @Override
  public String cloud() {
    return "oci";
  }

  @Override
  public String place() {
    return region;
  }

  @Override
  public CloudReading read() throws InterruptedException {
    Instant now = context.clock().instant();
    if (!now.isBefore(discoverAt)) {
      discover(now);
      discoverAt = now.plus(DISCOVERY);
    }
    CloudParts parts = new CloudParts();
    discovery.forEach(parts::add);
    List<OciDatabase> all = databases();
    if (account.logs() && !all.isEmpty()) {
      try {
        logs.read(api, all);
        parts.succeeded(LOGS);
      } catch (CloudException e) {
        parts.failed(LOGS, e, allow("read", "log-content"));
      }
    }
    CloudMetrics m = new CloudMetrics();
    List<CloudDatabase> found = new ArrayList<>();
    for (OciDatabase d : all) {
      d.addTo(m, figures);
      found.add(d.database());
    }
    logs.addTo(m);
    parts.addErrors(m, "oci_discovery_error", "region", region);
    return new CloudReading(parts.all(), List.copyOf(found), m.families());
  }

  private static String allow(String verb, String resources) {
    return "Allow group GROUP to " + verb + " " + resources + " in compartment COMPARTMENT";
  }

  private List<OciDatabase> databases() {
    List<OciDatabase> out = new ArrayList<>();
    lists.values().forEach(out::addAll);
    return out;
  }

  /** A list that cannot be read keeps its last databases. */
  private void discover(Instant now) throws InterruptedException {
    CloudParts parts = new CloudParts();
    for (Service s : Service.values()) {
      List<OciDatabase> found = new ArrayList<>();
      try {
        for (String c : account.compartments()) {
          list(s, c, found);
        }
        if (found.size() > MAX_DATABASES) {
          throw new CloudException(
              Failure.ANSWER,
              found.size() + " databases; at most " + MAX_DATABASES + ": select some by tags");
        }
        lists.put(s, selected(s, found));
        parts.succeeded(s.part);
      } catch (CloudException e) {
        parts.failed(s.part, e, allow("read", s.resources));
      }
    }
    List<OciDatabase> all = databases();
    logs.retain(all);
    if (account.monitoring() && !all.isEmpty()) {
      List<String> engines =
          all.stream().map(d -> d.cache() ? "cache" : d.engine()).distinct().toList();
      figures =
          OciMonitoring.read(
              api,
              account.compartments(),
              engines,
              now,
              parts,
              "Monitoring",
              allow("read", "metrics"));
    }
    if (account.logs() && !all.isEmpty()) {
      String part = "service logs";
      try {
        logs.discover(api, account.compartments());
        parts.succeeded(part);
      } catch (CloudException e) {
        parts.failed(part, e, allow("read", "log-groups"));
      }
    }
    discovery = parts.all();
  }

  private void list(Service s, String compartment, List<OciDatabase> to)
      throws CloudException, InterruptedException {
    String of = "?compartmentId=" + CloudCalls.encoded(compartment);
    switch (s) {
      case MYSQL -> {
        Map<String, String> names = new HashMap<>();
        for (JsonNode n :
            api.list(OciCalls.MYSQL, "mysql ListDbSystems", "/20190415/dbSystems" + of)) {
          names.put(OciDatabase.text(n, "id"), OciDatabase.text(n, "displayName"));
          add(to, n, OciDatabase.mysql(new Common(region, n), ""));
        }
        for (JsonNode n :
            api.list(OciCalls.MYSQL, "mysql ListReplicas", "/20190415/replicas" + of)) {
          String primary = names.getOrDefault(OciDatabase.text(n, "dbSystemId"), "");
          add(to, n, OciDatabase.mysql(new Common(region, n), primary));
        }
      }
      case POSTGRESQL -> {
        for (JsonNode n :
            api.list(OciCalls.POSTGRESQL, "postgresql ListDbSystems", "/20220915/dbSystems" + of)) {
          if (!OciDatabase.isDeleted(n)) {
            to.addAll(postgres(n));
          }
        }
      }
      case CACHE -> {
        for (JsonNode n :
            api.list(OciCalls.REDIS, "redis ListRedisClusters", "/20220315/redisClusters" + of)) {
          add(to, n, OciDatabase.cache(new Common(region, n)));
        }
      }
    }
  }

  private static void add(List<OciDatabase> to, JsonNode n, OciDatabase d) {
    if (!OciDatabase.isDeleted(n) && !d.id().isEmpty()) {
      to.add(d);
    }
  }

  /** The list of PostgreSQL has neither instances nor endpoints. */
  private List<OciDatabase> postgres(JsonNode n) throws CloudException, InterruptedException {
    String path = "/20220915/dbSystems/" + CloudCalls.encoded(OciDatabase.text(n, "id"));
    String service = OciCalls.POSTGRESQL;
    JsonNode system = api.get(service, "postgresql GetDbSystem", path);
    JsonNode primary =
        api.get(service, "postgresql GetPrimaryDbInstance", path + "/primaryDbInstance");
    JsonNode connections =
        api.get(service, "postgresql GetConnectionDetails", path + "/connectionDetails");
    return OciDatabase.postgres(
        new Common(region, n), system, OciDatabase.text(primary, "dbInstanceId"), connections);
  }

  /** Databases whose tags, or those of their primaries, match. */
  private List<OciDatabase> selected(Service s, List<OciDatabase> all) {
    if (s == Service.CACHE) {
      return all.stream().filter(d -> account.cacheFilters().matches(d.tags())).toList();
    }
    Map<String, OciDatabase> byName = new HashMap<>();
    all.forEach(d -> byName.put(d.name(), d));
    List<OciDatabase> out = new ArrayList<>();
    for (OciDatabase d : all) {
      OciDatabase primary = byName.get(d.primary());
      if (account.databaseFilters().matches(d.tags())
          || primary != null && account.databaseFilters().matches(primary.tags())) {
        out.add(d);
      }
    }
    return out;
  }
}
