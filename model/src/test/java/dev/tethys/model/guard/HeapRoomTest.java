package dev.tethys.model.guard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeapRoomTest {
  private static final long MIB = 1L << 20;

  private long now = 1_000_000_000_000L;
  private final SimulatedGeneration old = new SimulatedGeneration();
  private final HeapRoom room = new HeapRoom(old, () -> now);

  private static final class SimulatedGeneration implements HeapRoom.Generation {
    private long used;
    private long alive;
    private long reachable;
    private int collections;

    @Override
    public long used() {
      return used;
    }

    @Override
    public long alive() {
      return alive;
    }

    @Override
    public long max() {
      return 200 * MIB;
    }

    @Override
    public void collect() {
      collections++;
      used = reachable;
      alive = reachable;
    }

    void set(long usedMib, long reachableMib) {
      used = usedMib * MIB;
      reachable = reachableMib * MIB;
    }
  }

  private void later(long millis) {
    now += millis * 1_000_000;
  }

  @Test
  void deadObjectsRejectNothing() {
    old.set(179, 30);
    assertThat(room.allowsQueries()).isTrue();
    assertThat(old.collections).as("enough is free without a collection").isZero();
    later(10);
    old.set(195, 30);
    assertThat(room.allowsQueries()).isTrue();
    assertThat(old.collections).isEqualTo(1);
  }

  @Test
  void rejectsQueriesBeforeRequests() {
    old.set(190, 175);
    assertThat(room.allowsQueries()).isFalse();
    assertThat(room.allowsRequests()).isTrue();
    later(10);
    old.set(195, 190);
    assertThat(room.allowsRequests()).isFalse();
  }

  @Test
  void collectsFullHeapAgainAfterAPause() {
    old.set(195, 195);
    assertThat(room.allowsRequests()).isFalse();
    later(10);
    old.set(195, 20);
    assertThat(room.allowsRequests()).as("too soon after the last collection").isFalse();
    assertThat(old.collections).isEqualTo(1);
    later(200);
    assertThat(room.allowsRequests()).isTrue();
    assertThat(room.allowsQueries()).isTrue();
  }

  @Test
  void doesNotLimitOtherCollectors() {
    assertThat(new HeapRoom(null, () -> now).allowsQueries()).isTrue();
  }
}
