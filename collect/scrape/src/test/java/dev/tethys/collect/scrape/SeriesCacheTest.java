package dev.tethys.collect.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.testkit.MemoryMetricStore;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class SeriesCacheTest {
  private final Appender app = new MemoryMetricStore().appender();

  /** What is in the upper half of a reference: one thing for all of some, another for each. */
  private static long upper(int kinds, long key) {
    return (long) Math.floorMod(key, kinds) - 1 << 32;
  }

  /** Against plain maps: any order of good and bad scrapes of changing series. */
  @Property(tries = 300)
  void behavesLikeMaps(@ForAll long seed) {
    Random random = new Random(seed);
    int kinds = 1 + random.nextInt(2) * 3;
    boolean inTurn = random.nextBoolean(); // references follow each other, as a rule
    int last = 0;
    SeriesCache cache = new SeriesCache();
    Map<Long, Long> known = new HashMap<>();
    Set<Long> before = new HashSet<>();
    for (int scrape = 0; scrape < 12; scrape++) {
      cache.begin();
      Set<Long> seen = new HashSet<>();
      Set<Long> now = new HashSet<>();
      int n = random.nextInt(300);
      for (int i = 0; i < n; i++) {
        long key = random.nextInt(400) * 0x9e3779b97f4a7c15L;
        int slot = cache.find(key);
        last += slot >= 0 ? 0 : 1 + random.nextInt(20) / 19 * 5;
        long lower = inTurn ? last : 1 + Math.floorMod(key, 1000L);
        long reference = known.getOrDefault(key, lower | upper(kinds, key));
        assertThat(slot >= 0).isEqualTo(known.containsKey(key));
        if (slot >= 0) {
          assertThat(cache.identity(slot)).isEqualTo(known.get(key));
          assertThat(cache.seen(slot)).isEqualTo(!seen.add(key));
          if (inTurn && !now.contains(reference) && random.nextInt(40) == 0) {
            // The store had forgotten it.
            boolean there = before.remove(reference);
            last += 1 + random.nextInt(2) * 7;
            reference = last | upper(kinds, key);
            cache.reference(slot, reference);
            known.put(key, reference);
            if (there) {
              before.add(reference);
            }
          }
        } else {
          slot = cache.add(key, reference, Labels.EMPTY);
          known.put(key, reference);
          seen.add(key);
        }
        if (random.nextInt(4) > 0) {
          cache.track(slot, random.nextBoolean());
          now.add(reference);
        }
      }
      if (random.nextInt(3) > 0) {
        Set<Long> vanished = new HashSet<>();
        cache.forEachVanished(app, (r, h) -> vanished.add(r));
        Set<Long> expected = new HashSet<>(before);
        expected.removeAll(now);
        assertThat(vanished).isEqualTo(expected);
        cache.succeed();
        known.keySet().retainAll(seen);
        before = now;
      } else {
        Set<Long> all = new HashSet<>();
        cache.forEachTracked(app, r -> false, (r, h) -> all.add(r));
        assertThat(all).isEqualTo(before);
        assertThat(cache.fail()).isFalse();
        before = new HashSet<>();
      }
      assertThat(cache.size()).isEqualTo(known.size());
    }
  }

  @Test
  void growsNoFurtherWhileScrapesFail() {
    SeriesCache cache = new SeriesCache();
    boolean flushed = false;
    for (int scrape = 0; scrape < 100; scrape++) {
      cache.begin();
      for (int i = 0; i < 100; i++) {
        cache.add(SeriesCache.hash(new byte[] {(byte) scrape, (byte) i}, 0, 2), 1, Labels.EMPTY);
      }
      flushed |= cache.fail();
    }
    assertThat(flushed).isTrue();
    assertThat(cache.size()).isLessThan(1200);
  }

  @Test
  void idleTargetIsSmall() {
    SeriesCache cache = new SeriesCache();
    cache.begin();
    for (int i = 0; i < 1000; i++) {
      cache.track(cache.add(i * 0x9e3779b97f4a7c15L, 2L << 32 | i + 1, Labels.EMPTY), false);
    }
    cache.succeed();
    assertThat(cache.bytes()).isLessThan(1000 * 12);
    cache.begin();
    cache.find(0);
    cache.succeed();
    assertThat(cache.size()).isZero();
    assertThat(cache.bytes()).isLessThan(100);
  }
}
