package dev.tethys.codec.jaeger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.testkit.Shared;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Recorded trace of Jaeger, from its storage model to the JSON of its UI. */
class JaegerTraceWriterTest {
  @Test
  void writesTheRecordedTrace() throws Exception {
    Path folder = Shared.conformance("jaeger").resolve("ui-json");
    Attributes domain = read(folder.resolve("domain_01.json"));
    Attributes ui = read(folder.resolve("ui_01.json"));
    JaegerBatch batch = new JaegerBatch();
    ArrayValue spans = (ArrayValue) Objects.requireNonNull(domain.get("spans"));
    for (int i = 0; i < spans.size(); i++) {
      // the fixture has Go's durations instead of protobuf's
      byte[] b =
          AttributeText.json(new StringBuilder(), spans.get(i))
              .toString()
              .replace("\"5000ns\"", "\"0.000005s\"")
              .replace("\"4000ns\"", "\"0.000004s\"")
              .getBytes(StandardCharsets.UTF_8);
      batch.add(JaegerJson.span(b, 0, b.length));
    }
    TracesData traces = batch.traces(new RejectedItems());
    TextBuffer out = new TextBuffer();
    JaegerTraceWriter.write(traces, out);
    Attributes written =
        (Attributes)
            Objects.requireNonNull(
                JsonValues.read(new String(out.toByteArray(), StandardCharsets.UTF_8)));
    assertThat(flat(written)).isEqualTo(flat(ui));
  }

  private static Attributes read(Path file) throws Exception {
    return (Attributes) Objects.requireNonNull(JsonValues.read(Files.readString(file)));
  }

  /** Spans as texts, in an order and with the service instead of the number of a process. */
  private static TreeSet<String> flat(Attributes trace) {
    TreeSet<String> out = new TreeSet<>();
    Attributes processes = (Attributes) Objects.requireNonNull(trace.get("processes"));
    ArrayValue spans = (ArrayValue) Objects.requireNonNull(trace.get("spans"));
    for (int i = 0; i < spans.size(); i++) {
      Attributes s = (Attributes) Objects.requireNonNull(spans.get(i));
      StringBuilder sb = new StringBuilder();
      for (String key :
          List.of("traceID", "spanID", "operationName", "startTime", "duration", "logs")) {
        AttributeText.json(sb.append(key), s.get(key));
      }
      sb.append(sorted(s.get("tags"))).append(sorted(s.get("references")));
      AttributeText.json(sb, processes.get(String.valueOf(s.get("processID"))));
      out.add(sb.toString());
    }
    return out;
  }

  private static TreeSet<String> sorted(@Nullable Object list) {
    TreeSet<String> out = new TreeSet<>();
    ArrayValue a = (ArrayValue) Objects.requireNonNull(list);
    for (int i = 0; i < a.size(); i++) {
      String text = AttributeText.json(new StringBuilder(), a.get(i)).toString();
      // OpenTelemetry's status is written in addition to the tag that it comes from
      if (!text.contains("otel.status_code")) {
        out.add(text);
      }
    }
    return out;
  }
}
