package dev.tethys.collect.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScrapeTickAlignerTest {
  private static final long MILLI = 1_000_000;

  private final ScrapeTickAligner ticks = new ScrapeTickAligner();
  private final RandomGenerator random = RandomGenerator.of("L64X128MixRandom");

  private long place(Duration interval) {
    return ticks.place(random.nextLong(interval.toNanos()), interval);
  }

  /** How many targets are at each place. */
  private Map<Long, Integer> places(int targets, Duration interval) {
    Map<Long, Integer> out = new TreeMap<>();
    for (int i = 0; i < targets; i++) {
      out.merge(place(interval), 1, Integer::sum);
    }
    return out;
  }

  @ParameterizedTest
  @CsvSource({
    "1, PT15S, 1024", "100, PT15S, 1024", "117, PT15S, 1024", "118, PT15S, 512", "2000, PT15S, 32",
    "100, PT1M, 4096", "100, PT1S, 64", "1000000, PT15S, 1", "3, PT0.01S, 1", "2, PT24H, 4194304"
  })
  void asManyShareATickAsMay(int targets, Duration interval, long raster) {
    for (int i = 0; i < targets; i++) {
      ticks.join(interval);
    }
    long last = ticks.place(interval.toNanos() - 1, interval);
    assertThat(ticks.place(0, interval)).isZero();
    assertThat(ticks.place(raster * MILLI - 1, interval)).isZero();
    assertThat(ticks.place(raster * MILLI, interval)).isEqualTo(raster * MILLI);
    assertThat(last).isBetween(interval.toNanos() - raster * MILLI, interval.toNanos() - 1);
  }

  @Test
  void spreadsFewSeriesOverTheInterval() {
    ticks.join(Duration.ofSeconds(15));
    assertThat(places(10_000, Duration.ofSeconds(15))).hasSizeBetween(ScrapeTickAligner.PLACES, 15);
  }

  @Test
  void sequentialTargetsShareWithExistingOnes() {
    Duration interval = Duration.ofSeconds(15);
    Map<Long, Integer> places = new TreeMap<>();
    for (int i = 0; i < 100_000; i++) {
      ticks.join(interval);
      places.merge(place(interval), 1, Integer::sum);
    }
    // Each doubling halves the raster and brings half a tick's fill once more.
    assertThat(places.values()).allMatch(n -> n < 10 * ScrapeTickAligner.TOGETHER);
  }

  @Test
  void removedTargetsMakeItCoarserAgain() {
    Duration fast = Duration.ofSeconds(1);
    Duration slow = Duration.ofMinutes(1);
    for (int i = 0; i < 5000; i++) {
      ticks.join(fast);
    }
    assertThat(ticks.place(9 * MILLI, slow)).isEqualTo(9 * MILLI);
    for (int i = 0; i < 5000; i++) {
      ticks.leave(fast);
    }
    ticks.join(slow);
    assertThat(ticks.place(4095 * MILLI, slow)).isZero();
  }
}
