package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SlotTimesTest {
  @Test
  void largeBatchDoesNotMakeLaterSmallOnesClearALargeTable() {
    SlotTimes times = new SlotTimes();
    times.clear(16_000);
    for (int slot = 1; slot <= 16_000; slot++) {
      times.put(times.find(slot), slot, slot);
    }
    long large = times.bytes();
    times.clear(1);
    assertThat(times.bytes()).isLessThan(large / 32);
    assertThat(times.find(7)).isNegative();
    int at = times.put(times.find(7), 7, 70);
    assertThat(times.find(7)).isEqualTo(at);
    assertThat(times.time(at)).isEqualTo(70);
  }

  @Test
  void batchesOfAboutOneSizeKeepTheirTable() {
    SlotTimes times = new SlotTimes();
    times.clear(4_000);
    long bytes = times.bytes();
    times.clear(1_000);
    assertThat(times.bytes()).isEqualTo(bytes);
  }
}
