package dev.tethys.collect.cloud.oci;

import dev.tethys.collect.cloud.reader.CloudCalls;
import dev.tethys.collect.cloud.reader.CloudException;
import dev.tethys.collect.cloud.reader.CloudLogEntry;
import dev.tethys.collect.cloud.reader.CloudMetrics;
import dev.tethys.collect.cloud.reader.InstanceLog;
import dev.tethys.collect.cloud.reader.LogCursor;
import dev.tethys.collect.observe.logs.LogLevel;
import dev.tethys.collect.observe.logs.LogPatterns;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Service logs of databases and caches in OCI Logging. Resources without an enabled service log
 * have none; MySQL does not write there. Not thread-safe.
 */
final class OciLogs {
  private static final int MAX_PAGES = 5;
  private static final int MAX_LOGS = 2000;

  private static final class ServiceLog {
    final LogCursor cursor;
    String page = "";
    Instant end = Instant.MIN;

    ServiceLog(InstantSource clock) {
      cursor = new LogCursor(clock);
    }
  }

  private final CloudLogEntry.Sink sink;
  private final InstantSource clock;
  private final LogPatterns patterns = new LogPatterns();
  private final Map<String, InstanceLog> logs = new HashMap<>();

  /** Compartment, group and id of the service log of a resource. */
  private Map<String, String> places = Map.of();

  private final Map<String, ServiceLog> read = new HashMap<>();

  OciLogs(CloudLogEntry.Sink sink, InstantSource clock) {
    this.sink = sink;
    this.clock = clock;
  }

  /** Lists the service logs of compartments. */
  void discover(OciCalls api, List<String> compartments)
      throws CloudException, InterruptedException {
    Map<String, String> found = new HashMap<>();
    for (String c : compartments) {
      for (JsonNode g :
          api.list(
              OciCalls.LOGGING,
              "logging ListLogGroups",
              "/20200531/logGroups?compartmentId=" + CloudCalls.encoded(c))) {
        String group = OciDatabase.text(g, "id");
        for (JsonNode l :
            api.list(
                OciCalls.LOGGING,
                "logging ListLogs",
                "/20200531/logGroups/"
                    + CloudCalls.encoded(group)
                    + "/logs?logType=SERVICE&lifecycleState=ACTIVE")) {
          JsonNode source = l.path("configuration").path("source");
          if (OciDatabase.text(source, "sourceType").equals("OCISERVICE")
              && l.path("isEnabled").asBoolean(true)
              && found.size() < MAX_LOGS) {
            found.put(
                OciDatabase.text(source, "resource"),
                c + "/" + group + "/" + OciDatabase.text(l, "id"));
          }
        }
      }
    }
    places = found;
    read.keySet().retainAll(found.keySet());
  }

  /** Drops the counts of removed databases. */
  void retain(List<OciDatabase> present) {
    Set<String> ids = new HashSet<>();
    present.forEach(d -> ids.add(d.id()));
    logs.keySet().retainAll(ids);
    patterns.retain(o -> ids.contains(o.containerId()));
  }

  /** Reads the entries since the last reading. */
  void read(OciCalls api, List<OciDatabase> databases) throws CloudException, InterruptedException {
    Map<String, List<OciDatabase>> byResource = new LinkedHashMap<>();
    for (OciDatabase d : databases) {
      if (!d.logResource().isEmpty() && places.containsKey(d.logResource())) {
        byResource.computeIfAbsent(d.logResource(), _ -> new ArrayList<>()).add(d);
      }
    }
    for (Map.Entry<String, List<OciDatabase>> e : byResource.entrySet()) {
      read(api, e.getKey(), e.getValue());
    }
  }

  private void read(OciCalls api, String resource, List<OciDatabase> of)
      throws CloudException, InterruptedException {
    ServiceLog log = read.computeIfAbsent(resource, _ -> new ServiceLog(clock));
    if (log.page.isEmpty()) {
      log.end = clock.instant();
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("timeStart", log.cursor.since().toString());
    body.put("timeEnd", log.end.toString());
    body.put("searchQuery", "search \"" + places.get(resource) + "\" | sort by datetime asc");
    String action = "logging SearchLogs";
    for (int n = 0; n < MAX_PAGES; n++) {
      String path =
          "/20190909/search?limit=1000"
              + (log.page.isEmpty() ? "" : "&page=" + CloudCalls.encoded(log.page));
      String next;
      try {
        CloudCalls.Answer answer = api.post(OciCalls.LOGGING, action, path, body);
        for (JsonNode r : answer.json(action).path("results")) {
          add(log.cursor, r.path("data").path("logContent"), of);
        }
        next = answer.header("opc-next-page");
      } catch (CloudException e) {
        log.page = "";
        throw e;
      }
      if (next.isEmpty() || next.equals(log.page)) {
        log.page = "";
        log.cursor.advance();
        return;
      }
      log.page = next;
    }
  }

  private void add(LogCursor cursor, JsonNode entry, List<OciDatabase> of) {
    Instant at = cursor.time(OciDatabase.text(entry, "time"), clock.instant());
    if (!cursor.take(OciDatabase.text(entry, "id"), at)) {
      return;
    }
    JsonNode data = entry.path("data");
    String text = OciDatabase.text(data, "msg");
    text = text.isEmpty() ? OciDatabase.text(data, "message") : text;
    String subject = OciDatabase.text(entry, "subject");
    for (OciDatabase d : of) {
      if (!text.isBlank() && (d.logSubject().isEmpty() || d.logSubject().equals(subject))) {
        logs.computeIfAbsent(d.id(), _ -> log(d))
            .add(text, level(OciDatabase.text(data, "level")), LogCursor.nanos(at));
        return;
      }
    }
  }

  private InstanceLog log(OciDatabase d) {
    String service = (d.cache() ? "/oci/cache/" : "/oci/db/") + d.id();
    return new InstanceLog(d.id(), service, !d.cache(), patterns, sink, clock);
  }

  private static LogLevel level(String level) {
    String l = level.toUpperCase(Locale.ROOT);
    return switch (l) {
      case "LOG", "INFO", "NOTICE" -> LogLevel.INFO;
      case "WARNING" -> LogLevel.WARNING;
      case "ERROR" -> LogLevel.ERROR;
      case "FATAL", "PANIC" -> LogLevel.CRITICAL;
      default -> l.startsWith("DEBUG") ? LogLevel.DEBUG : LogLevel.UNKNOWN;
    };
  }

  /** Adds the counts of messages. */
  void addTo(CloudMetrics m) {
    patterns.each(
        (owner, _, level, hash, sample, messages) -> {
          String prefix = owner.containerId().contains(".rediscluster.") ? "oci_cache" : "oci_db";
          m.of(prefix + "_id", owner.containerId())
              .counter(
                  prefix + "_log_messages_total",
                  "Messages of service logs by level and pattern.",
                  messages,
                  "level",
                  level.label(),
                  "pattern_hash",
                  hash,
                  "sample",
                  sample);
        });
  }
}
