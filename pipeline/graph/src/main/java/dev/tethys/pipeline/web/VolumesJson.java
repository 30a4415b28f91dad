package dev.tethys.pipeline.web;

import dev.tethys.pipeline.ledger.ProcessBalance;
import dev.tethys.pipeline.volume.TopValues;
import dev.tethys.pipeline.volume.VolumePoint;
import dev.tethys.pipeline.volume.Volumes;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Volumes by attribute as JSON. */
public final class VolumesJson {
  /** Items and bytes, first in, then out. */
  private static final int COUNTS = 4;

  /** Counts and cost of a report row. */
  private static final class Sum {
    private final long[] counts = new long[COUNTS];
    private double micros;
    private boolean estimated;

    private void add(int at, long items, long bytes, double price) {
      counts[at] += items;
      counts[at + 1] += bytes;
      micros += price;
    }

    private void add(Sum other) {
      for (int i = 0; i < COUNTS; i++) {
        counts[i] += other.counts[i];
      }
      micros += other.micros;
      estimated |= other.estimated;
    }

    private long bytes() {
      return counts[1] + counts[3];
    }
  }

  private VolumesJson() {}

  /**
   * Returns the volumes of a process as JSON.
   *
   * @param by attribute; "" for none
   * @param limit maximum values per point
   */
  static String of(Volumes volumes, ProcessBalance balance, String by, int limit, long now) {
    Json j = new Json().open('{').key("time").number(now).key("attributes").open('[');
    volumes.attributes().forEach(j::text);
    j.close(']').key("by").text(by).key("currency").text(volumes.prices().currency());
    j.key("balance");
    balance(j, balance);
    j.key("points").open('[');
    for (VolumePoint p : volumes.points()) {
      j.open('{').key("id").text(p.id()).key("kind").text(word(p.kind()));
      j.key("component").text(p.component()).key("pipeline").text(p.pipeline());
      j.key("signal").text(StatusJson.word(p.signal()));
      j.key("items").number(p.items()).key("bytes").number(p.bytes());
      if (p.isEstimated()) {
        j.key("bytesEstimated").raw("true");
      }
      j.key("costMicros").decimal(volumes.micros(p, p.items(), p.bytes()));
      VolumePoint.Table t = p.by(by);
      if (t != null) {
        table(j, volumes, p, t, limit);
      }
      j.close('}');
    }
    return j.close(']').close('}').toString();
  }

  private static String word(VolumePoint.Kind k) {
    return k.name().toLowerCase(Locale.ROOT);
  }

  private static void table(
      Json j, Volumes volumes, VolumePoint p, VolumePoint.Table t, int limit) {
    long items = t.otherItems();
    long bytes = t.otherBytes();
    j.key("distinct").number(t.distinct()).key("rows").open('[');
    int n = 0;
    for (TopValues.Row r : t.rows()) {
      if (n++ < limit) {
        j.open('{').key("value").text(r.value()).key("items").number(r.items());
        j.key("bytes").number(r.bytes()).key("missedBytes").number(r.missed());
        j.key("costMicros").decimal(volumes.micros(p, r.items(), r.bytes())).close('}');
      } else {
        items += r.items();
        bytes += r.bytes();
      }
    }
    j.close(']').key("otherItems").number(items).key("otherBytes").number(bytes);
    j.key("otherCostMicros").decimal(volumes.micros(p, items, bytes));
  }

  static void balance(Json j, ProcessBalance b) {
    j.open('{').key("in").number(b.in()).key("created").number(b.created());
    j.key("restored").number(b.restored()).key("revived").number(b.revived());
    j.key("copied").number(b.copied()).key("out").number(b.out()).key("held").number(b.held());
    j.key("waiting").number(b.waiting()).key("deadLettered").number(b.deadLettered());
    j.key("dropped").open('{');
    b.dropped().forEach((reason, n) -> j.key(reason).number(n));
    j.close('}').key("returned").number(b.returned()).key("kept").number(b.kept()).close('}');
  }

  private record Key(String value, String signal) {}

  /**
   * Sums of a process for its control plane: for each attribute the values with the most recent
   * bytes, and further ones with the most bytes since startup. They are arrays of value, signal,
   * items and bytes in, items and bytes out, and their price in millionths of the currency; the
   * others are under {@link Volumes#OTHER} with an empty signal. In addition, the sums of each
   * signal.
   *
   * @param recent recent bytes, for reports of this process only
   * @param limit maximum values per attribute by recent bytes; a third of that by sums
   */
  public static String report(
      Volumes volumes, ProcessBalance balance, RecentVolumes recent, int limit) {
    recent.begin();
    Json j = new Json().open('{').key("currency").text(volumes.prices().currency());
    j.key("balance");
    balance(j, balance);
    List<VolumePoint> points = volumes.points();
    j.key("signals");
    signals(j, points);
    j.key("by").open('{');
    for (String attribute : volumes.attributes()) {
      Map<Key, Sum> sums = new HashMap<>();
      Sum other = new Sum();
      for (VolumePoint p : points) {
        VolumePoint.Table t = p.kind() == VolumePoint.Kind.EDGE ? null : p.by(attribute);
        if (t != null) {
          int at = p.kind() == VolumePoint.Kind.IN ? 0 : 2;
          other.add(
              at,
              t.otherItems(),
              t.otherBytes(),
              volumes.micros(p, t.otherItems(), t.otherBytes()));
          for (TopValues.Row r : t.rows()) {
            Sum to =
                sums.computeIfAbsent(
                    new Key(r.value(), StatusJson.word(p.signal())), k -> new Sum());
            to.add(at, r.items(), r.bytes(), volumes.micros(p, r.items(), r.bytes()));
            to.estimated |= at == 2 && p.isEstimated();
          }
        }
      }
      j.key(attribute).open('[');
      Set<Key> named = named(attribute, sums, recent, limit);
      for (Map.Entry<Key, Sum> e : sums.entrySet().stream().sorted(MOST_BYTES).toList()) {
        if (named.contains(e.getKey())) {
          row(j, e.getKey(), e.getValue());
        } else {
          other.add(e.getValue());
        }
      }
      if (other.counts[0] + other.counts[2] > 0) {
        row(j, new Key(Volumes.OTHER, ""), other);
      }
      j.close(']');
    }
    return j.close('}').close('}').toString();
  }

  private static final Comparator<Map.Entry<Key, Sum>> MOST_BYTES =
      Comparator.comparingLong((Map.Entry<Key, Sum> e) -> e.getValue().bytes())
          .reversed()
          .thenComparing(e -> e.getKey().value())
          .thenComparing(e -> e.getKey().signal());

  /** Values of an attribute that a report names. */
  private static Set<Key> named(
      String attribute, Map<Key, Sum> sums, RecentVolumes recent, int limit) {
    Map<Key, Double> late = new HashMap<>();
    sums.forEach(
        (k, n) -> late.put(k, recent.of(attribute + '\n' + k.value + '\n' + k.signal, n.bytes())));
    Set<Key> out = new HashSet<>();
    sums.entrySet().stream()
        .sorted(
            Comparator.comparingDouble(
                    (Map.Entry<Key, Sum> e) -> -late.getOrDefault(e.getKey(), 0.0))
                .thenComparing(MOST_BYTES))
        .limit(limit)
        .forEach(e -> out.add(e.getKey()));
    sums.entrySet().stream()
        .filter(e -> !out.contains(e.getKey()))
        .sorted(MOST_BYTES)
        .limit(limit / 3)
        .toList()
        .forEach(e -> out.add(e.getKey()));
    return out;
  }

  /** Items and bytes in, then out, of each signal, independent of the kept values. */
  private static void signals(Json j, List<VolumePoint> points) {
    Map<String, Sum> sums = new TreeMap<>();
    for (VolumePoint p : points) {
      if (p.kind() != VolumePoint.Kind.EDGE) {
        sums.computeIfAbsent(StatusJson.word(p.signal()), k -> new Sum())
            .add(p.kind() == VolumePoint.Kind.IN ? 0 : 2, p.items(), p.bytes(), 0);
      }
    }
    j.open('{');
    sums.forEach(
        (signal, n) -> {
          j.key(signal).open('[');
          for (long x : n.counts) {
            j.number(x);
          }
          j.close(']');
        });
    j.close('}');
  }

  private static void row(Json j, Key k, Sum n) {
    j.open('[').text(k.value()).text(k.signal());
    for (long x : n.counts) {
      j.number(x);
    }
    j.decimal(n.micros).number(n.estimated ? 1 : 0).close(']');
  }
}
