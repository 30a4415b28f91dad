package dev.tethys.collect.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.compression.SimilarBytes;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.testkit.MemoryMetricStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class PackedSeriesTest {
  private final MemoryMetricStore store = new MemoryMetricStore();

  private static Labels labels(int i) {
    return Labels.of("__name__", "m" + i % 7, "i", "x".repeat(i % 200) + i);
  }

  private static long hash(int i) {
    return Labels.hash64(labels(i).canonicalBytes(), 0, labels(i).canonicalBytes().length);
  }

  /** One scrape of series by number; every fifth is one that relabelling drops. */
  private static void scrape(SeriesMemory m, Appender app, List<Integer> page) {
    m.begin();
    for (int i : page) {
      int slot = m.find(hash(i));
      if (slot < 0) {
        boolean dropped = i % 5 == 0;
        slot = m.add(hash(i), app.series(labels(i)), dropped ? null : labels(i));
        assertThat(m.seen(slot)).isTrue();
        if (!dropped) {
          m.track(slot, i % 3 == 0);
        }
        continue;
      }
      if (m.seen(slot)) {
        continue;
      }
      assertThat(m.isDropped(slot)).isEqualTo(i % 5 == 0);
      if (!m.isDropped(slot)) {
        assertThat(app.labels(m.reference(slot, app))).isEqualTo(labels(i));
        m.track(slot, i % 3 == 0);
      }
    }
  }

  private static TreeSet<String> ended(Appender app, BiConsumer<Appender, SeriesMemory.Ended> of) {
    TreeSet<String> out = new TreeSet<>();
    of.accept(app, (ref, histogram) -> out.add(app.labels(ref) + " " + histogram));
    return out;
  }

  @Property(tries = 300)
  void matchesTheCacheOfAStore(@ForAll long seed) {
    Random random = new Random(seed);
    SeriesCache cache = new SeriesCache();
    PackedSeries packed = new PackedSeries(new SimilarBytes.ReferenceGroup(1 << 20));
    List<Integer> page = new ArrayList<>();
    try (Appender app = store.appender()) {
      for (int round = 0; round < 12; round++) {
        int kind = random.nextInt(4);
        if (kind == 0 || page.isEmpty()) {
          for (int k = random.nextInt(60); k >= 0; k--) {
            page.add(random.nextInt(page.size() + 1), random.nextInt(500));
          }
        } else if (kind == 1) {
          page.removeIf(i -> random.nextInt(4) == 0);
        } else if (kind == 2) {
          Collections.shuffle(page, random);
        }
        scrape(cache, app, page);
        scrape(packed, app, page);
        assertThat(ended(app, packed::forEachVanished))
            .isEqualTo(ended(app, cache::forEachVanished));
        if (random.nextInt(4) == 0) {
          assertThat(packed.fail()).isEqualTo(cache.fail());
        } else {
          cache.succeed();
          packed.succeed();
        }
        assertThat(packed.size()).isEqualTo(cache.size());
        assertThat(ended(app, (a, e) -> packed.forEachTracked(a, id -> false, e)))
            .isEqualTo(ended(app, (a, e) -> cache.forEachTracked(a, id -> false, e)));
        List<Long> ids = new ArrayList<>();
        packed.forEachTrackedIdentity(ids::add);
        assertThat(ended(app, (a, e) -> packed.forEachTracked(a, ids::contains, e))).isEmpty();
      }
    }
  }

  @Test
  void idleSeriesIsSmall() {
    PackedSeries m = new PackedSeries(new SimilarBytes.ReferenceGroup(1 << 20));
    int n = 20_000;
    try (Appender app = store.appender()) {
      m.begin();
      for (int i = 0; i < n; i++) {
        Labels l =
            Labels.of(
                "__name__",
                "node_cpu_seconds_total",
                "cpu",
                "" + i / 8,
                "instance",
                "host-17.example.org:9100",
                "job",
                "node",
                "mode",
                "mode" + i % 8);
        m.add(Labels.hash64(l.canonicalBytes(), 0, l.canonicalBytes().length), 1, l);
      }
      m.succeed();
    }
    assertThat(m.bytes()).isLessThan(20L * n);
  }
}
