package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.model.logs.LogAppendResult;
import dev.tethys.model.logs.LogAppendResult.Refusal;
import dev.tethys.model.logs.LogBatch;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogCountsTest {
  private final LogCounts counts = new LogCounts(new Registry());

  private static void add(LogBatch b, int stream, String line, String level) {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    b.add(1, stream, bytes, 0, bytes.length);
    byte[] value = level.getBytes(StandardCharsets.UTF_8);
    b.metadata(b.name("detected_level"), value, 0, value.length);
  }

  private static double value(Vector<Counter> of, String service, String label) {
    return of.with("fake", service, label).value();
  }

  @Test
  void countsEntriesByServiceLevelAndLimit() {
    LogBatch b = new LogBatch();
    int api = b.stream(Labels.of("app", "x", "service_name", "api"));
    int none = b.stream(Labels.of("app", "y"));
    add(b, api, "four", "error");
    add(b, api, "longer", "error");
    add(b, api, "x", "info");
    add(b, none, "abc", "strange");
    int[] refused = {-1, -1, 0, -1};
    Refusal r = new Refusal(api, 2, 1, "max_line_size", "");
    counts.appended("fake", b, new LogAppendResult(3, List.of(r), refused));
    assertThat(value(counts.entries, "api", "error")).isEqualTo(2);
    assertThat(value(counts.bytes, "api", "error")).isEqualTo(10);
    assertThat(value(counts.entries, "api", "info")).isZero();
    assertThat(value(counts.entries, "unknown_service", "unknown")).isEqualTo(1);
    assertThat(value(counts.refused, "api", "max_line_size")).isEqualTo(1);
  }

  @Test
  void hidesServiceNamesOfNamedTenants() {
    LogBatch b = new LogBatch();
    int api = b.stream(Labels.of("service_name", "api"));
    int shop = b.stream(Labels.of("service_name", "shop"));
    add(b, api, "four", "info");
    add(b, shop, "four", "info");
    add(b, shop, "longer", "info");
    Refusal r = new Refusal(shop, 2, 1, "max_line_size", "");
    counts.appended("t", b, new LogAppendResult(2, List.of(r), new int[] {-1, -1, 0}));
    assertThat(counts.entries.with("t", "", "info").value()).isEqualTo(2);
    assertThat(counts.bytes.with("t", "", "info").value()).isEqualTo(8);
    assertThat(counts.refused.with("t", "", "max_line_size").value()).isEqualTo(1);
    assertThat(counts.entries.with("t", "api", "info").value()).isZero();
  }

  @Test
  void servicesAreBounded() {
    for (int i = 0; i < LogCounts.MAX_SERVICES + 10; i++) {
      LogBatch b = new LogBatch();
      add(b, b.stream(Labels.of("service_name", "s" + i)), "x", "info");
      counts.appended("fake", b, LogAppendResult.stored(1));
    }
    assertThat(value(counts.entries, "s5", "info")).isEqualTo(1);
    assertThat(counts.entries.with("other", "other", "info").value()).isEqualTo(10);
  }
}
