package dev.tethys.app.delivery;

import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.ClickHouseProcess;
import dev.tethys.testkit.Shared;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.trace.v1.Span;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Files of Parquet in a folder, read by ClickHouse's engine. */
@Tag("contrib")
class ParquetRecordsContractTest extends RecordsContract {
  private static final Set<String> JSON = Set.of("events", "links");

  private static final String SPANS =
      "* EXCEPT timestamp, toString(toUnixTimestamp64Nano(timestamp)) AS time FROM"
          + " file('%s/traces/**/*.parquet', Parquet)";
  private static final String LOGS =
      "* EXCEPT (timestamp, observed_timestamp), toString(toUnixTimestamp64Nano(timestamp)) AS"
          + " time, toString(toUnixTimestamp64Nano(observed_timestamp)) AS observed FROM"
          + " file('%s/logs/**/*.parquet', Parquet)";

  @TempDir Path folder;

  @Override
  RecordPeer start(Signal signal) {
    return in(folder, signal);
  }

  /** Files below a folder. */
  static RecordPeer in(Path folder, Signal signal) {
    Shared.npm("chdb");
    Path files = folder.resolve("files");
    return new RecordPeer() {
      @Override
      public int port() {
        return 0;
      }

      @Override
      public String exporter() {
        return "parquet";
      }

      @Override
      public String exporterKeys(int at) {
        return "directory: '" + files + "', max_file_age: 100ms";
      }

      @Override
      public @Nullable FaultProxy proxy() {
        return null;
      }

      @Override
      public String kept(KnownRecords.Item item) {
        return signal == Signal.LOGS ? log(item) : span(item);
      }

      @Override
      public void read(FoundRecords into) throws Exception {
        try (ClickHouseProcess engine =
            new ClickHouseProcess(Files.createTempDirectory(folder, "chdb"), "")) {
          new ClickHousePeer(engine, false)
              .ask(
                  (signal == Signal.LOGS ? LOGS : SPANS).formatted(files),
                  row -> {
                    Map<String, String> m = new TreeMap<>();
                    row.properties()
                        .forEach(
                            e ->
                                m.put(
                                    e.getKey(),
                                    e.getValue().isNull()
                                        ? ""
                                        : JSON.contains(e.getKey())
                                            ? KeptValues.canonical(
                                                Found.json(e.getValue().asString("[]")))
                                            : KeptValues.normalTexts(e.getValue())));
                    m.values().removeIf(String::isEmpty);
                    m.keySet().removeAll(Set.of("date", "hour")); // of the folders
                    into.add(
                        signal == Signal.LOGS
                            ? row.path("attributes").path(KnownRecords.ID).asString()
                            : row.path("span_id").asString(),
                        m.toString());
                  });
        }
      }

      @Override
      public void close() {
        // there is only the folder
      }
    };
  }

  private static void common(KnownRecords.Item item, List<KeyValue> own, Map<String, String> m) {
    m.put("service", KnownRecords.attribute(item.resource().getAttributesList(), "service.name"));
    m.put("scope_name", item.scope().getName());
    m.put("scope_version", item.scope().getVersion());
    m.put("scope_attributes", KeptValues.texts(item.scope().getAttributesList()).toString());
    m.put("resource_attributes", KeptValues.texts(item.resource().getAttributesList()).toString());
    m.put("attributes", KeptValues.texts(own).toString());
  }

  private static String log(KnownRecords.Item item) {
    LogRecord r = item.log();
    Map<String, String> m = new TreeMap<>();
    common(item, r.getAttributesList(), m);
    long time = r.getTimeUnixNano() == 0 ? r.getObservedTimeUnixNano() : r.getTimeUnixNano();
    m.put("time", Long.toString(time));
    long observed = r.getObservedTimeUnixNano();
    m.put("observed", observed == 0 ? "" : Long.toString(observed));
    m.put("trace_id", KnownRecords.hex(r.getTraceId()));
    m.put("span_id", KnownRecords.hex(r.getSpanId()));
    m.put("flags", Integer.toString(r.getFlags()));
    m.put("severity_text", r.getSeverityText());
    m.put("severity_number", Integer.toString(r.getSeverityNumberValue()));
    m.put("body", KeptValues.normal(KeptValues.text(r.getBody())));
    m.put("event_name", r.getEventName());
    m.values().removeIf(String::isEmpty);
    return m.toString();
  }

  private static String span(KnownRecords.Item item) {
    Span s = item.span();
    Map<String, String> m = new TreeMap<>();
    common(item, s.getAttributesList(), m);
    m.put("time", Long.toString(s.getStartTimeUnixNano()));
    m.put("duration_nanos", Long.toString(s.getEndTimeUnixNano() - s.getStartTimeUnixNano()));
    m.put("trace_id", KnownRecords.hex(s.getTraceId()));
    m.put("span_id", KnownRecords.hex(s.getSpanId()));
    m.put("parent_span_id", KnownRecords.hex(s.getParentSpanId()));
    m.put("trace_state", s.getTraceState());
    m.put("flags", Integer.toString(s.getFlags()));
    m.put("name", KeptValues.normal(s.getName()));
    m.put("kind", s.getKind().name().substring("SPAN_KIND_".length()).toLowerCase(Locale.ROOT));
    m.put(
        "status",
        s.getStatus().getCode().name().substring("STATUS_CODE_".length()).toLowerCase(Locale.ROOT));
    m.put("status_message", KeptValues.normal(s.getStatus().getMessage()));
    m.put("events", KeptValues.events(s));
    m.put("links", KeptValues.links(s));
    m.values().removeIf(v -> v.isEmpty() || v.equals("[]"));
    return m.toString();
  }
}
