package dev.tethys.app.delivery;

import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.PostgresProcess;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.trace.v1.Span;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** A real PostgreSQL, whose rows are read by SQL. */
@Tag("contrib")
@Tag("slow")
class PostgresRecordsContractTest extends RecordsContract {
  private static final Set<String> JSON = Set.of("resource", "attributes", "events", "links");

  @TempDir static Path dir;
  private static @Nullable PostgresProcess server;

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
      server = null;
    }
  }

  @Override
  RecordPeer start(Signal signal) throws Exception {
    if (server == null) {
      server = new PostgresProcess(dir, "secret");
    }
    PostgresPeer database = new PostgresPeer(server, false);
    return new DatabaseRecords(database) {
      @Override
      public boolean isIdempotent() {
        return true;
      }

      @Override
      public String kept(KnownRecords.Item item) {
        return signal == Signal.LOGS ? log(item) : span(item);
      }

      @Override
      public void read(FoundRecords into) throws Exception {
        try (Connection c = database.connect();
            Statement s = c.createStatement();
            ResultSet r =
                s.executeQuery("SELECT * FROM " + (signal == Signal.LOGS ? "logs" : "spans"))) {
          while (r.next()) {
            Map<String, String> m = new TreeMap<>();
            for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) {
              String column = r.getMetaData().getColumnName(i);
              String value = r.getString(i);
              m.put(
                  column,
                  value == null
                      ? ""
                      : JSON.contains(column)
                          ? KeptValues.canonical(
                              // character 0 is stored in another way, and has its own in JSON
                              Found.json(
                                  value.replace("\ue0000", "\\u0000").replace("\ue000E", "\ue000")))
                          : KeptValues.normal(PostgresPeer.plain(value)));
            }
            m.keySet().removeAll(Set.of("ts", "id"));
            into.add(
                signal == Signal.LOGS
                    ? Found.json(r.getString("attributes")).path(KnownRecords.ID).asString()
                    : r.getString("span_id"),
                m.toString());
          }
        }
      }
    };
  }

  private static void common(KnownRecords.Item item, List<KeyValue> own, Map<String, String> m) {
    m.put("service", KnownRecords.attribute(item.resource().getAttributesList(), "service.name"));
    m.put("scope_name", item.scope().getName());
    m.put("scope_version", item.scope().getVersion());
    m.put("scope", KeptValues.json(item.scope().getAttributesList()));
    m.put("resource", KeptValues.json(item.resource().getAttributesList()));
    m.put("attributes", KeptValues.json(own));
  }

  private static String log(KnownRecords.Item item) {
    LogRecord r = item.log();
    Map<String, String> m = new TreeMap<>();
    common(item, r.getAttributesList(), m);
    m.put("time_unix_nano", Long.toString(r.getTimeUnixNano()));
    m.put("observed_time_unix_nano", Long.toString(r.getObservedTimeUnixNano()));
    m.put("trace_id", KnownRecords.hex(r.getTraceId()));
    m.put("span_id", KnownRecords.hex(r.getSpanId()));
    m.put("flags", Integer.toString(r.getFlags()));
    m.put("severity_text", r.getSeverityText());
    m.put("severity_number", Integer.toString(r.getSeverityNumberValue()));
    m.put("body", KeptValues.normal(KeptValues.text(r.getBody())));
    m.put("event_name", r.getEventName());
    return m.toString();
  }

  private static String span(KnownRecords.Item item) {
    Span s = item.span();
    Map<String, String> m = new TreeMap<>();
    common(item, s.getAttributesList(), m);
    m.put("start_unix_nano", Long.toString(s.getStartTimeUnixNano()));
    m.put("end_unix_nano", Long.toString(s.getEndTimeUnixNano()));
    m.put("trace_id", KnownRecords.hex(s.getTraceId()));
    m.put("span_id", KnownRecords.hex(s.getSpanId()));
    m.put("parent_span_id", KnownRecords.hex(s.getParentSpanId()));
    m.put("trace_state", s.getTraceState());
    m.put("flags", Integer.toString(s.getFlags()));
    m.put("name", KeptValues.normal(s.getName()));
    m.put("kind", Integer.toString(s.getKindValue()));
    m.put("status_code", Integer.toString(s.getStatus().getCodeValue()));
    m.put("status_message", KeptValues.normal(s.getStatus().getMessage()));
    m.put("events", KeptValues.events(s));
    m.put("links", KeptValues.links(s));
    return m.toString();
  }
}
