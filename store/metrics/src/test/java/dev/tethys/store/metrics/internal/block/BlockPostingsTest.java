package dev.tethys.store.metrics.internal.block;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.storage.SampleBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.roaringbitmap.RoaringBitmap;

class BlockPostingsTest {
  private static final int SERIES = 6_000;

  @TempDir Path folder;

  /** Labels of one series and of thousands, on several pages: by name and value their series. */
  private Map<String, Map<String, RoaringBitmap>> write() throws Exception {
    TreeMap<Labels, SampleBuffer> all = new TreeMap<>();
    Random r = new Random(11);
    for (int i = 0; i < SERIES; i++) {
      SampleBuffer b = new SampleBuffer();
      b.add(0, 1_000, i);
      all.put(Labels.of("__name__", "m" + i % 7, "few", "v" + r.nextInt(900), "one", "x" + i), b);
    }
    Map<String, Map<String, RoaringBitmap>> want = new HashMap<>();
    int number = 0;
    try (BlockWriter w = new BlockWriter(new RealFiles(), folder)) {
      for (Map.Entry<Labels, SampleBuffer> e : all.entrySet()) {
        w.add(e.getKey(), e.getValue());
        int n = number++;
        for (Labels.Label l : e.getKey().toList()) {
          want.computeIfAbsent(l.name(), k -> new HashMap<>())
              .computeIfAbsent(l.value(), k -> new RoaringBitmap())
              .add(n);
        }
      }
      w.finish(
          BlockMeta.draft("01HF7YAT00POSTINGSBLOCK001", 0, 2_000, 1, false, List.of(), List.of()));
    }
    return want;
  }

  @Test
  void readsLongListsInAnyOrderByManyThreads() throws Exception {
    Map<String, Map<String, RoaringBitmap>> want = write();
    BlockReader block = new BlockReader(new RealFiles(), folder);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> walks = new ArrayList<>();
      for (int seed = 0; seed < 8; seed++) {
        Random r = new Random(seed);
        walks.add(threads.submit(() -> ask(block, want, r)));
      }
      for (Future<?> w : walks) {
        w.get();
      }
      want.forEach(
          (name, values) -> {
            Map<String, RoaringBitmap> got = new HashMap<>();
            block.values(name, "", (number, v, postings) -> got.put(v, postings.get()));
            assertThat(got).isEqualTo(values);
          });
    } finally {
      block.release();
    }
  }

  private static void ask(
      BlockReader block, Map<String, Map<String, RoaringBitmap>> want, Random r) {
    List<String[]> pairs = new ArrayList<>();
    want.forEach((name, values) -> values.keySet().forEach(v -> pairs.add(new String[] {name, v})));
    Collections.shuffle(pairs, r);
    for (String[] p : pairs.subList(0, 1_000)) {
      assertThat(block.of(p[0], p[1])).isEqualTo(Objects.requireNonNull(want.get(p[0])).get(p[1]));
    }
  }
}
