package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MetadataTableTest {
  private static MetricMetadata help(String text) {
    return new MetricMetadata(MetricType.GAUGE, text, "");
  }

  @Test
  void countsFamiliesBeyondTheLimit() {
    MetadataTable t = new MetadataTable(2);
    t.putAll(Map.of("a", help("x"), "b", help("y")));
    long bytes = t.bytes();
    assertThat(t.accepts("a", help("x"))).isFalse();
    assertThat(t.accepts("a", help("longer"))).isTrue();
    assertThat(t.dropped.sum()).isZero();
    assertThat(t.accepts("c", help("z"))).isFalse();
    t.put("d", help("z"));
    assertThat(t.dropped.sum()).isEqualTo(2);
    t.put("a", help("longer"));
    assertThat(t.bytes()).isEqualTo(bytes + 5);
    assertThat(t.all()).containsOnlyKeys("a", "b").containsEntry("a", help("longer"));
  }
}
