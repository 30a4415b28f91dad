package dev.tethys.pipeline.web;

import dev.tethys.pipeline.ledger.ProcessBalance;
import dev.tethys.pipeline.volume.TopValues;
import dev.tethys.pipeline.volume.VolumePoint;
import dev.tethys.pipeline.volume.Volumes;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Volumes by attribute as JSON. */
public final class VolumesJson {
  /** Counts of a row of a report, of which the last is the price. */
  private static final int COUNTS = 5;

  private static final int COST = 4;

  private VolumesJson() {}

  /**
   * The places of a process.
   *
   * @param by attribute; "" for none
   * @param limit most values of a place
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
      j.key("costMicros").number(volumes.micros(p, p.items(), p.bytes()));
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
        j.key("costMicros").number(volumes.micros(p, r.items(), r.bytes())).close('}');
      } else {
        items += r.items();
        bytes += r.bytes();
      }
    }
    j.close(']').key("otherItems").number(items).key("otherBytes").number(bytes);
    j.key("otherCostMicros").number(volumes.micros(p, items, bytes));
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
   * Sums of a process for its control plane: for each attribute the values with the most bytes, as
   * arrays of value, signal, items and bytes in, items and bytes out, and their price in millionths
   * of the currency; the others under {@link Volumes#OTHER} with an empty signal.
   *
   * @param limit most values of an attribute
   */
  public static String report(Volumes volumes, ProcessBalance balance, int limit) {
    Json j = new Json().open('{').key("currency").text(volumes.prices().currency());
    j.key("balance");
    balance(j, balance);
    j.key("by").open('{');
    List<VolumePoint> points = volumes.points();
    for (String attribute : volumes.attributes()) {
      Map<Key, long[]> sums = new HashMap<>();
      long[] other = new long[COUNTS];
      for (VolumePoint p : points) {
        VolumePoint.Table t = p.kind() == VolumePoint.Kind.EDGE ? null : p.by(attribute);
        if (t != null) {
          int at = p.kind() == VolumePoint.Kind.IN ? 0 : 2;
          other[at] += t.otherItems();
          other[at + 1] += t.otherBytes();
          other[COST] += volumes.micros(p, t.otherItems(), t.otherBytes());
          for (TopValues.Row r : t.rows()) {
            long[] n =
                sums.computeIfAbsent(
                    new Key(r.value(), StatusJson.word(p.signal())), k -> new long[COUNTS]);
            n[at] += r.items();
            n[at + 1] += r.bytes();
            n[COST] += volumes.micros(p, r.items(), r.bytes());
          }
        }
      }
      j.key(attribute).open('[');
      int[] written = {0};
      sums.entrySet().stream()
          .sorted(
              Comparator.comparingLong(
                      (Map.Entry<Key, long[]> e) -> e.getValue()[1] + e.getValue()[3])
                  .reversed()
                  .thenComparing(e -> e.getKey().value())
                  .thenComparing(e -> e.getKey().signal()))
          .forEach(
              e -> {
                if (written[0]++ < limit) {
                  row(j, e.getKey(), e.getValue());
                } else {
                  for (int i = 0; i < other.length; i++) {
                    other[i] += e.getValue()[i];
                  }
                }
              });
      if (other[0] + other[2] > 0) {
        row(j, new Key(Volumes.OTHER, ""), other);
      }
      j.close(']');
    }
    return j.close('}').close('}').toString();
  }

  private static void row(Json j, Key k, long[] n) {
    j.open('[').text(k.value()).text(k.signal());
    for (long x : n) {
      j.number(x);
    }
    j.close(']');
  }
}
