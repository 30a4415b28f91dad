package dev.tethys.control.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ItemRatesTest {
  private static final UUID A = new UUID(0, 1);
  private static final long SECOND = 1_000_000_000;

  private final ItemRates rates = new ItemRates();

  private void put(double seconds, long in) {
    rates.put(
        A,
        new Totals(in, in / 2, 0, 0, 0, Map.of(), Map.of(), Map.of(), null, 0, Map.of()),
        (long) (seconds * SECOND));
  }

  private ItemRates.@Nullable Rate at(double seconds) {
    return rates.of(A, (long) (seconds * SECOND));
  }

  private ItemRates.Rate known(double seconds) {
    return Objects.requireNonNull(at(seconds));
  }

  @Test
  void needsTwoReports() {
    assertThat(at(0)).isNull();
    put(0, 500);
    assertThat(at(5)).isNull();
    put(0.5, 500);
    assertThat(at(0.5)).as("of half a second").isNull();
    put(10, 600);
    assertThat(at(10)).isEqualTo(new ItemRates.Rate(10, 5));
    rates.remove(A);
    assertThat(at(10)).isNull();
  }

  @Test
  void rateCoversTheLastHalfMinute() {
    for (int i = 0; i <= 600; i++) {
      put(i / 2.0, i < 400 ? i * 100 : 40_000 + (i - 400) * 10); // 200 a second, then 20
    }
    assertThat(known(300).in()).isBetween(19.0, 21.0);
  }

  @Test
  void restartedProcessHasNoRate() {
    put(0, 1000);
    put(10, 2000);
    put(20, 5);
    assertThat(at(20)).isNull();
    put(30, 105);
    assertThat(at(30)).isEqualTo(new ItemRates.Rate(10, 5));
  }

  @Test
  void silentAgentHasNoThroughput() {
    put(0, 0);
    put(10, 1000);
    assertThat(known(20).in()).isEqualTo(100);
    assertThat(at(1000)).isEqualTo(new ItemRates.Rate(0, 0));
  }
}
