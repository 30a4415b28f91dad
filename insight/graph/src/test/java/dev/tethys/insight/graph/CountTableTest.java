package dev.tethys.insight.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.guard.SeriesMemory;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class CountTableTest {
  private static final class One extends Counted {
    One(long created) {
      super(created);
    }
  }

  private final SeriesMemory memory = new SeriesMemory(1000);

  @Test
  void sharesRoomAndMemoryWithOtherTables() {
    SeriesRoom room = new SeriesRoom(3, memory);
    CountTable<String, One> a = new CountTable<>(room);
    CountTable<String, One> b = new CountTable<>(room);
    assertThat(a.add("x", 2, 100, () -> new One(0))).isNotNull();
    assertThat(b.add("y", 2, 100, () -> new One(0))).as("beyond the number").isNull();
    assertThat(b.add("y", 1, 901, () -> new One(0))).as("beyond the memory").isNull();
    assertThat(b.add("y", 1, 900, () -> new One(0))).isNotNull();
    a.remove("x");
    assertThat(memory.inUse()).isEqualTo(900);
    assertThat(room.fits(2, 100)).isTrue();
    assertThat(room.fits(3, 100)).isFalse();
    b.force("rest", 2, new One(0));
    assertThat(room.fits(1, 0)).isFalse();
    b.clear();
    assertThat(memory.inUse()).isZero();
    assertThat(room.fits(3, 1000)).isTrue();
  }

  @Test
  void expiresCountersWithoutCounts() {
    CountTable<String, One> t = new CountTable<>(new SeriesRoom(10, memory));
    t.add("old", 1, 10, () -> new One(5));
    Objects.requireNonNull(t.add("new", 1, 10, () -> new One(5))).seen(6);
    t.expire(5);
    assertThat(t.keys()).containsExactly("new");
    assertThat(memory.inUse()).isEqualTo(10);
  }

  @Test
  void longLabelsOfEdgesTakeMore() {
    Edge e = new Edge("", "a", "b", "", false, Map.of());
    Edge longer = new Edge("", "a", "b", "", false, Map.of("region", "x".repeat(1000)));
    assertThat(longer.bytes(4, 4) - e.bytes(4, 4))
        .isEqualTo(4 * (3 * 1006 + SeriesMemory.LABEL_BYTES));
  }
}
