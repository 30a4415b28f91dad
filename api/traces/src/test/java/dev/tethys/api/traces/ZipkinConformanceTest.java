package dev.tethys.api.traces;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.zipkin.ZipkinReader;
import dev.tethys.model.logs.LogStore;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.testkit.MemoryTraceStore;
import dev.tethys.testkit.Shared;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Recorded cases of Zipkin's links between services. */
class ZipkinConformanceTest {
  @Test
  void linksServicesAsRecorded() throws Exception {
    List<String> failures = new ArrayList<>();
    int cases = 0;
    for (String line :
        Files.readAllLines(Shared.conformance("zipkin").resolve("dependency-links.jsonl"))) {
      Attributes c = (Attributes) Objects.requireNonNull(JsonValues.read(line));
      if (!(c.get("traces") instanceof ArrayValue traces)) {
        continue;
      }
      cases++;
      MemoryTraceStore store = new MemoryTraceStore();
      for (int i = 0; i < traces.size(); i++) {
        // each list is its own trace, although some lists share an id
        String json =
            AttributeText.json(new StringBuilder(), traces.get(i))
                .toString()
                .replace("\"000000000000000a\",\"id\"", "\"00000000000000a" + i + "\",\"id\"");
        byte[] b = json.getBytes(StandardCharsets.UTF_8);
        store.append(
            LogStore.DEFAULT_TENANT,
            SpanBatch.of(ZipkinReader.json(b, 0, b.length, 2, false, 1_000_000).traces()));
      }
      TreeSet<String> found = new TreeSet<>();
      ServiceLinks.find(store, LogStore.DEFAULT_TENANT, 0, Long.MAX_VALUE)
          .counts()
          .forEach(
              (l, n) -> found.add(l.parent() + " " + l.child() + " " + n.calls + " " + n.errors));
      TreeSet<String> wanted = new TreeSet<>();
      ArrayValue links = (ArrayValue) Objects.requireNonNull(c.get("links"));
      for (int i = 0; i < links.size(); i++) {
        Attributes l = (Attributes) Objects.requireNonNull(links.get(i));
        Object errors = l.get("errorCount");
        wanted.add(
            l.get("parent")
                + " "
                + l.get("child")
                + " "
                + l.get("callCount")
                + " "
                + (errors == null ? 0 : errors));
      }
      if (!found.equals(wanted)) {
        failures.add(c.get("id") + " " + c.get("name") + ": " + found + ", expected " + wanted);
      }
    }
    assertThat(cases).isGreaterThan(30);
    assertThat(failures).isEmpty();
  }
}
