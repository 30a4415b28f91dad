package dev.tethys.pipeline.exporter.remotewrite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RejectedSampleBisectorTest {
  /** Rejects a whole request for one sample older than the stored ones, as Prometheus does. */
  private static final class Store implements RejectedSampleBisector.Destination {
    final Map<Integer, TreeMap<Long, Double>> series = new HashMap<>();
    final List<Integer> invalid = new ArrayList<>();
    final List<Long> exemplars = new ArrayList<>();
    int requests;
    int awayFrom = Integer.MAX_VALUE; // the number of a request

    @Override
    public SendResult ask(EncodedRequest p) throws IOException {
      if (++requests >= awayFrom) {
        if (requests % 2 == 0) {
          throw new IOException("no connection");
        }
        return new SendResult.Retryable(Duration.ofSeconds(3), true, "busy");
      }
      Map<Integer, TreeMap<Long, Double>> now = new HashMap<>();
      List<Long> more = new ArrayList<>();
      byte[] z = p.body();
      int n = SnappyBlock.decodedLength(z, 0, z.length, 1 << 24);
      byte[] raw = new byte[n + SnappyBlock.SLACK];
      SnappyBlock.decode(z, 0, z.length, raw);
      WriteRequestReader r = new WriteRequestReader().reset(raw, 0, n);
      while (r.nextSeries()) {
        Labels l =
            WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength());
        int s = Integer.parseInt(String.valueOf(l.get("s")));
        if (invalid.contains(s)) {
          return new SendResult.Permanent("400 invalid");
        }
        TreeMap<Long, Double> mine =
            now.computeIfAbsent(s, k -> new TreeMap<>(series.getOrDefault(k, new TreeMap<>())));
        for (SeriesEvent e = r.next(); e != SeriesEvent.END; e = r.next()) {
          if (e == SeriesEvent.EXEMPLAR) {
            more.add(java.util.Objects.requireNonNull(r.exemplar()).timestamp());
            continue;
          }
          Map.Entry<Long, Double> last = mine.lastEntry();
          if (last != null
              && (r.timestamp() < last.getKey()
                  || r.timestamp() == last.getKey() && r.value() != last.getValue())) {
            return new SendResult.Permanent("400 out of order sample");
          }
          mine.put(r.timestamp(), r.value());
        }
      }
      series.putAll(now);
      exemplars.addAll(more);
      return SendResult.DELIVERED;
    }

    boolean has(int s, long time) {
      return series.getOrDefault(s, new TreeMap<>()).containsKey(time);
    }
  }

  private static Labels labels(int s) {
    return Labels.of("__name__", "m", "s", "" + s);
  }

  /** Series 0 to n, each with a sample at each time. */
  private static EncodedRequest request(int n, long... times) {
    RequestWriter w = new RequestWriter(RemoteWriteMessage.V1);
    for (int s = 0; s < n; s++) {
      w.begin(labels(s));
      for (long t : times) {
        w.sample(0, t, t + s);
      }
      w.end();
    }
    return w.take(7, Map.of("journal", "x"));
  }

  private static int count(SendResult.PerItem v) {
    return v.refused().stream().mapToInt(r -> r.request().items()).sum();
  }

  @Test
  void deliversSamplesAfterOldOnes() throws Exception {
    Store store = new Store();
    assertThat(store.ask(request(50, 10, 20, 30))).isEqualTo(SendResult.DELIVERED);
    assertThat(store.ask(request(20, 40))).isEqualTo(SendResult.DELIVERED);
    EncodedRequest p = request(50, 20, 30, 40, 50, 60);
    assertThat(store.ask(p)).isInstanceOf(SendResult.Permanent.class);
    store.requests = 0;
    RejectedSampleBisector s = new RejectedSampleBisector(p, 300, store);
    SendResult.PerItem v = s.bisect("400");
    for (int i = 0; i < 50; i++) {
      assertThat(store.has(i, 40) && store.has(i, 50) && store.has(i, 60)).isTrue();
    }
    // A repeated newest sample is not an error: time 30 is that of thirty of them.
    assertThat(count(v)).isEqualTo(50 + 20);
    assertThat(v.delivered()).isEqualTo(180);
    assertThat(v.again()).isNull();
    assertThat(s.requestCount()).isEqualTo(store.requests).isLessThan(50);
    assertThat(v.refused().getFirst().request().lane()).isEqualTo(7);
    assertThat(v.refused().getFirst().request().headers()).containsEntry("journal", "x");
  }

  /** Samples of one time of many targets, of which the first and last are already stored. */
  @Test
  void deliversTargetsBetweenStoredOnes() throws Exception {
    Store store = new Store();
    RequestWriter w = new RequestWriter(RemoteWriteMessage.V1);
    for (int s = 0; s < 60; s++) {
      int target = s / 10;
      w.begin(Labels.of("__name__", "m", "instance", "i" + target, "job", "j", "s", "" + s));
      w.sample(0, 20, s);
      w.sample(0, 30, s);
      w.end();
      if (target == 0 || target == 3 || target == 5) {
        store.series.computeIfAbsent(s, k -> new TreeMap<>()).put(40L, 1.0);
      }
    }
    EncodedRequest p = w.take(7, Map.of());
    SendResult.PerItem v = new RejectedSampleBisector(p, 300, store).bisect("400");
    for (int s = 0; s < 60; s++) {
      int target = s / 10;
      boolean isNew = target == 1 || target == 2 || target == 4;
      assertThat(store.has(s, 20) && store.has(s, 30)).as("series %d", s).isEqualTo(isNew);
    }
    assertThat(v.delivered()).isEqualTo(60);
    assertThat(v.items()).isEqualTo(120);
  }

  @Test
  void neverAcceptedSeriesAffectsOnlyItself() throws Exception {
    Store store = new Store();
    store.invalid.add(17);
    SendResult.PerItem v =
        new RejectedSampleBisector(request(64, 10, 20), 300, store).bisect("400");
    assertThat(count(v)).isEqualTo(2);
    for (int i = 0; i < 64; i++) {
      assertThat(store.has(i, 10) && store.has(i, 20)).isEqualTo(i != 17);
    }
  }

  @Test
  void sendsExemplarsAndMetadataOnce() throws Exception {
    Store store = new Store();
    store.ask(request(2, 100));
    RequestWriter w = new RequestWriter(RemoteWriteMessage.V1);
    for (int s = 0; s < 2; s++) {
      w.begin(labels(s));
      w.sample(0, 50, 1);
      w.sample(0, 150, 1);
      w.exemplar(new Exemplar(Labels.of("trace_id", "a"), 1, 10 + s));
      w.exemplar(new Exemplar(Labels.of("trace_id", "b"), 1, 120 + s));
      w.exemplar(new Exemplar(Labels.of("trace_id", "c"), 1, 500 + s));
      w.end();
    }
    w.familyMetadata(
        "m",
        new dev.tethys.model.MetricMetadata(dev.tethys.model.MetricType.GAUGE, "", "what it is"));
    EncodedRequest p = w.take(0, Map.of());
    SendResult.PerItem v = new RejectedSampleBisector(p, 300, store).bisect("400");
    assertThat(store.exemplars).containsExactlyInAnyOrder(120L, 121L, 500L, 501L);
    assertThat(count(v)).isEqualTo(4);
    assertThat(v.delivered()).isEqualTo(p.items() - 4);
  }

  @Test
  void retriesUnansweredParts() throws Exception {
    for (int away = 1; away < 12; away++) {
      Store store = new Store();
      store.ask(request(8, 10, 20));
      EncodedRequest p = request(8, 10, 20, 30, 40);
      store.requests = 0;
      store.awayFrom = away;
      SendResult.PerItem v = new RejectedSampleBisector(p, 300, store).bisect("400");
      assertThat(v.items()).isEqualTo(p.items());
      store.awayFrom = Integer.MAX_VALUE;
      if (v.again() != null) {
        assertThat(v.reason()).isNotEmpty();
        if (store.ask(v.again()) instanceof SendResult.Permanent) {
          assertThat(new RejectedSampleBisector(v.again(), 300, store).bisect("400").again())
              .isNull();
        }
      }
      for (int s = 0; s < 8; s++) {
        assertThat(store.has(s, 30) && store.has(s, 40)).as("away from %d", away).isTrue();
      }
    }
  }

  @Test
  void respectsTheRequestLimit() throws Exception {
    Store store = new Store();
    for (int i = 0; i < 100; i += 2) {
      store.invalid.add(i);
    }
    EncodedRequest p = request(100, 10, 20, 30);
    RejectedSampleBisector s = new RejectedSampleBisector(p, 25, store);
    SendResult.PerItem v = s.bisect("400");
    assertThat(store.requests).isEqualTo(25).isEqualTo(s.requestCount());
    assertThat(v.items()).isEqualTo(p.items());
  }

  @Test
  void losesNoNewSamplesOfRandomMixes() throws Exception {
    for (int seed = 0; seed < 200; seed++) {
      Random r = new Random(seed);
      int n = r.nextInt(1, 40);
      int steps = r.nextInt(1, 12);
      // Samples before a crash: each series up to a different time.
      Store store = new Store();
      int[] known = new int[n];
      boolean ragged = r.nextBoolean();
      int all = r.nextInt(steps + 1);
      for (int s = 0; s < n; s++) {
        known[s] = ragged ? r.nextInt(steps + 1) : s < n / 3 ? all : Math.max(0, all - 1);
        for (int t = 1; t <= known[s]; t++) {
          store.series.computeIfAbsent(s, k -> new TreeMap<>()).put(t * 10L, t * 10.0 + s);
        }
      }
      long[] times = new long[steps];
      for (int t = 1; t <= steps; t++) {
        times[t - 1] = t * 10L;
      }
      EncodedRequest p = request(n, times);
      SendResult first = store.ask(p);
      if (first instanceof SendResult.Permanent) {
        SendResult.PerItem v = new RejectedSampleBisector(p, 100_000, store).bisect("400");
        assertThat(v.items()).isEqualTo(p.items());
      }
      int lost = 0;
      for (int s = 0; s < n; s++) {
        for (int t = 1; t <= steps; t++) {
          lost += store.has(s, t * 10L) ? 0 : 1;
        }
      }
      // A series without a sample between two that have one may count as stored.
      if (ragged) {
        assertThat(lost).as("seed %d", seed).isLessThan(n * steps);
      } else {
        assertThat(lost).as("seed %d", seed).isZero();
      }
    }
  }
}
