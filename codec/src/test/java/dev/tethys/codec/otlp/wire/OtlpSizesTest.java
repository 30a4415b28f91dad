package dev.tethys.codec.otlp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sizes of groups that are not written whole, against those that are. */
@Tag("slow")
final class OtlpSizesTest {
  private static ResourceGroup<LogRecord> group(Random random, int records, int scopes) {
    ResourceGroup<LogRecord> g = new ResourceGroup<>();
    g.resource().attributes().put("service.name", "s" + "x".repeat(random.nextInt(300)));
    g.setSchemaUrl("https://opentelemetry.io/schemas/1.27.0");
    for (int k = 0; k < scopes; k++) {
      ScopeGroup<LogRecord> s = new ScopeGroup<>();
      s.scope().setName("scope");
      s.setSchemaUrl("https://opentelemetry.io/schemas/1.27.0");
      for (int i = k; i < records; i += scopes) {
        LogRecord l = new LogRecord();
        l.setTimeUnixNano(1_700_000_000_000_000_000L);
        l.setBody("b".repeat(random.nextInt(1_000)));
        s.items().add(l);
      }
      g.scopes().add(s);
    }
    return g;
  }

  private static long exact(ResourceGroup<LogRecord> g) {
    LogsData one = new LogsData();
    one.resources().add(g);
    return new OtlpWriter().write(one).length;
  }

  @Test
  void smallGroupsAreExact() {
    Random random = new Random(1);
    OtlpWriter w = new OtlpWriter();
    for (int n = 0; n <= OtlpWriter.SIZED; n++) {
      LogsData data = new LogsData();
      data.resources().add(group(random, n, 2));
      data.resources().add(group(random, 3, 1));
      assertThat(w.sizes(data))
          .containsExactly(exact(data.resources().get(0)), exact(data.resources().get(1)));
    }
  }

  @Test
  void largeGroupsAreCorrectOnAverage() {
    Random random = new Random(2);
    OtlpWriter w = new OtlpWriter();
    for (int n : new int[] {17, 40, 300, 5_000}) {
      for (int scopes : new int[] {1, 3, n}) {
        LogsData data = new LogsData();
        data.resources().add(group(random, n, scopes));
        double sum = 0;
        for (int i = 0; i < 1_000; i++) {
          sum += w.sizes(data)[0];
        }
        assertThat(sum / 1_000)
            .as("%d records in %d scopes", n, scopes)
            .isCloseTo(exact(data.resources().getFirst()), Percentage.withPercentage(1));
      }
    }
  }
}
