package dev.tethys.collect.cloud.gcp;

import dev.tethys.collect.cloud.reader.CloudException;
import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.collect.cloud.reader.CloudLogEntry;
import dev.tethys.collect.cloud.reader.CloudMetrics;
import dev.tethys.collect.cloud.reader.InstanceLog;
import dev.tethys.collect.cloud.reader.LogCursor;
import dev.tethys.collect.observe.logs.LogLevel;
import dev.tethys.collect.observe.logs.LogPatterns;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Error logs of the Cloud SQL instances of a project: one request for all of them. Not thread-safe.
 *
 * <p>Entries are selected by the time at which Cloud Logging received them, since they arrive up to
 * minutes late. A reading has a bound of pages; the next one continues with the same filter where
 * it ended, and only then the time advances.
 */
final class GcpLogs {
  /** Most pages in a reading. */
  static final int MAX_PAGES = 5;

  private static final int PAGE = 1000;

  private final String project;
  private final CloudLogEntry.Sink sink;
  private final InstantSource clock;
  private final LogPatterns patterns = new LogPatterns();
  private final Map<String, InstanceLog> logs = new HashMap<>();
  private final LogCursor cursor;
  private String page = "";

  GcpLogs(String project, CloudLogEntry.Sink sink, InstantSource clock) {
    this.project = project;
    this.sink = sink;
    this.clock = clock;
    this.cursor = new LogCursor(clock);
  }

  /** Drops the counts of removed instances. */
  void retain(List<GcpInstance> present) {
    Set<String> ids = new HashSet<>();
    present.forEach(i -> ids.add(i.id()));
    logs.keySet().retainAll(ids);
    patterns.retain(o -> ids.contains(o.containerId()));
  }

  /** Reads the entries since the last reading. */
  void read(GcpCalls api, List<GcpInstance> instances) throws CloudException, InterruptedException {
    Map<String, GcpInstance> byName = new HashMap<>();
    for (GcpInstance i : instances) {
      if (i.hasLog()) {
        byName.put(project + ":" + i.name(), i);
      }
    }
    for (int n = 0; n < MAX_PAGES; n++) {
      JsonNode answer;
      try {
        answer = api.post(GcpCalls.LOGGING, "logging.logEntries.list", "/v2/entries:list", body());
      } catch (CloudException e) {
        if (e.failure() == Failure.ANSWER) {
          page = ""; // a token may have expired: the filter is read again from its first page
        }
        throw e;
      }
      for (JsonNode e : answer.path("entries")) {
        add(e, byName);
      }
      String token = answer.path("nextPageToken").asString("");
      if (token.isEmpty() || token.equals(page)) {
        page = "";
        cursor.advance();
        return;
      }
      page = token;
    }
  }

  private Map<String, Object> body() {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("resourceNames", List.of("projects/" + project));
    body.put(
        "filter",
        "resource.type=\"cloudsql_database\" AND (log_id(\"cloudsql.googleapis.com/postgres.log\")"
            + " OR log_id(\"cloudsql.googleapis.com/mysql.err\")) AND receiveTimestamp>=\""
            + cursor.since()
            + "\"");
    body.put("orderBy", "timestamp asc");
    body.put("pageSize", PAGE);
    if (!page.isEmpty()) {
      body.put("pageToken", page);
    }
    return body;
  }

  private void add(JsonNode e, Map<String, GcpInstance> byName) {
    Instant received = cursor.time(e.path("receiveTimestamp").asString(""), clock.instant());
    if (!cursor.take(e.path("insertId").asString(""), received)) {
      return;
    }
    GcpInstance i = byName.get(e.path("resource").path("labels").path("database_id").asString(""));
    String text =
        e.path("textPayload").asString(e.path("jsonPayload").path("message").asString(""));
    if (i == null || text.isBlank()) {
      return;
    }
    Instant at = cursor.time(e.path("timestamp").asString(""), received);
    logs.computeIfAbsent(i.id(), _ -> log(i))
        .add(text, level(e.path("severity").asString("")), LogCursor.nanos(at));
  }

  private InstanceLog log(GcpInstance i) {
    return new InstanceLog(
        i.id(), "/gcp/cloudsql/" + i.id(), i.engine().equals("postgres"), patterns, sink, clock);
  }

  private static LogLevel level(String severity) {
    return switch (severity) {
      case "DEBUG" -> LogLevel.DEBUG;
      case "INFO", "NOTICE" -> LogLevel.INFO;
      case "WARNING" -> LogLevel.WARNING;
      case "ERROR" -> LogLevel.ERROR;
      case "CRITICAL", "ALERT", "EMERGENCY" -> LogLevel.CRITICAL;
      default -> LogLevel.UNKNOWN;
    };
  }

  /** Adds the counts of messages. */
  void addTo(CloudMetrics m) {
    InstanceLog.addCounts(patterns, m, "gcp_cloudsql_log_messages_total", "cloudsql_instance_id");
  }
}
