package dev.tethys.codec.loki;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class LokiLevelsConformanceTest {
  /**
   * Lines and metadata of Loki's own tests; cases of inner functions with own fields are omitted.
   */
  @Test
  void levelsMatchLoki() throws IOException {
    Path file = Shared.conformance("loki").resolve("levels.jsonl");
    List<String> wrong = new ArrayList<>();
    int cases = 0;
    for (String text : Files.readAllLines(file)) {
      Attributes c = (Attributes) Objects.requireNonNull(JsonValues.read(text));
      String want = c.getString("want");
      String got;
      if (c.get("severity_number") instanceof Long n) {
        got = LogLevels.ofSeverityNumber(n.intValue());
      } else if (c.get("line") instanceof String s) {
        LogBatch b = new LogBatch();
        byte[] line = s.getBytes(UTF_8);
        b.add(1, 0, line, 0, line.length);
        if (c.get("structured_metadata") instanceof Attributes metadata) {
          metadata.forEach(
              (k, v) -> {
                byte[] value = String.valueOf(v).getBytes(UTF_8);
                b.metadata(b.name(k), value, 0, value.length);
              });
        }
        StreamEnrichment.addLevel(b, "");
        int p = b.pairs - 1;
        got = new String(b.bytes, b.valueStarts[p], b.valueLengths[p], UTF_8);
      } else {
        continue;
      }
      cases++;
      if (!got.equals(want)) {
        wrong.add(text + " -> " + got);
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(cases).isGreaterThan(200);
  }
}
