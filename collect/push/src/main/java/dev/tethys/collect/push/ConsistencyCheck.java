package dev.tethys.collect.push;

import dev.tethys.codec.exposition.Families;
import dev.tethys.model.GoFloat;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Native;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.model.exposition.MetricFamily.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Consistency check of pushed families against existing ones: one type per name, no duplicate
 * series, no name that resembles a part of a histogram or summary. Error messages are those of
 * Prometheus's Go client.
 */
final class ConsistencyCheck {
  /** Existing families, excluding the pushed group. */
  interface Others {
    /** The type of a name among pushed groups; null if there is none. */
    @Nullable MetricType type(String name);

    /** The families of a name in other groups that can have a series of the group, too. */
    List<MetricFamily> families(String name);

    /** The gateway's own family of a name. */
    @Nullable MetricFamily own(String name);
  }

  private final Others others;

  ConsistencyCheck(Others others) {
    this.others = others;
  }

  /**
   * Checks the families that a group will have.
   *
   * @param pushed pushed families, with their series; the others were checked before
   */
  void check(List<MetricFamily> group, List<SeriesIndex> pushed) throws PushException {
    Set<String> names = new HashSet<>();
    for (MetricFamily f : group) {
      check(f);
      collides(f, names, group);
      names.add(f.name());
    }
    for (SeriesIndex s : pushed) {
      distinct(s);
    }
  }

  private void check(MetricFamily f) throws PushException {
    MetricFamily own = others.own(f.name());
    MetricType type = others.type(f.name());
    if (type != null && type != f.type() && !f.metrics().isEmpty()) {
      throw new PushException(
          "collected metric "
              + text(f, f.metrics().getFirst())
              + " is not a "
              + Families.typeName(type));
    }
    if (own != null && own.type() != f.type()) {
      throw new PushException(
          "gathered metric family "
              + f.name()
              + " has type "
              + Families.typeName(f.type())
              + " but should have "
              + Families.typeName(own.type()));
    }
  }

  /** No series of a pushed family is shown by another group or by the gateway itself. */
  private void distinct(SeriesIndex pushed) throws PushException {
    MetricFamily f = pushed.family();
    MetricFamily own = others.own(f.name());
    if (own != null) {
      distinct(pushed, own);
    }
    for (MetricFamily o : others.families(f.name())) {
      distinct(pushed, o);
    }
  }

  private static void distinct(SeriesIndex pushed, MetricFamily other) throws PushException {
    for (Metric m : other.metrics()) {
      Metric same = pushed.find(m.labels());
      if (same != null) {
        throw twice(pushed.family(), same);
      }
    }
  }

  /** The error of a series that exists already. */
  static PushException twice(MetricFamily f, Metric m) {
    return new PushException(
        "collected metric "
            + text(f, m)
            + " was collected before with the same name and label values");
  }

  private @Nullable MetricType typeOf(String name, List<MetricFamily> group) {
    for (MetricFamily f : group) {
      if (f.name().equals(name)) {
        return f.type();
      }
    }
    MetricType t = others.type(name);
    MetricFamily own = others.own(name);
    return t == null && own != null ? own.type() : t;
  }

  private void collides(MetricFamily f, Set<String> checked, List<MetricFamily> group)
      throws PushException {
    String name = f.name();
    String suffix =
        name.endsWith("_count")
            ? "_count"
            : name.endsWith("_sum") ? "_sum" : name.endsWith("_bucket") ? "_bucket" : "";
    if (!suffix.isEmpty()) {
      String whole = name.substring(0, name.length() - suffix.length());
      MetricType t = typeOf(whole, group);
      if (t == MetricType.HISTOGRAM || t == MetricType.SUMMARY && !suffix.equals("_bucket")) {
        throw new PushException(
            "collected metric named "
                + GoQuote.quote(name)
                + " collides with previously collected "
                + t.name().toLowerCase(Locale.ROOT)
                + " named "
                + GoQuote.quote(whole));
      }
    }
    boolean histogram = f.type() == MetricType.HISTOGRAM;
    if (!histogram && f.type() != MetricType.SUMMARY) {
      return;
    }
    for (String s : histogram ? List.of("_count", "_sum", "_bucket") : List.of("_count", "_sum")) {
      if (checked.contains(name + s) || others.type(name + s) != null) {
        throw new PushException(
            (s.equals("_bucket")
                    ? "collected histogram named "
                    : "collected histogram or summary named ")
                + GoQuote.quote(name)
                + " collides with previously collected metric named "
                + GoQuote.quote(name + s));
      }
    }
  }

  /** A metric in protobuf's text form. */
  private static String text(MetricFamily f, Metric m) {
    StringBuilder sb = new StringBuilder(GoQuote.quote(f.name())).append(" { ");
    for (Labels.Label l : m.labels().toList()) {
      sb.append("label:{name:").append(GoQuote.quote(l.name())).append("  value:");
      sb.append(GoQuote.quote(l.value())).append("}  ");
    }
    String type = Families.typeName(f.type()).toLowerCase(Locale.ROOT);
    switch (m.point()) {
      case Value v -> sb.append(type).append(":{value:").append(GoFloat.g(v.value()));
      case Quantiles q -> {
        sb.append("summary:{sample_count:").append((long) q.count());
        sb.append("  sample_sum:").append(GoFloat.g(q.sum()));
        for (int i = 0; i < q.quantiles().length; i++) {
          sb.append("  quantile:{quantile:").append(GoFloat.g(q.quantiles()[i]));
          sb.append("  value:").append(GoFloat.g(q.values()[i])).append('}');
        }
      }
      case Buckets b -> {
        sb.append("histogram:{sample_count:").append((long) b.count());
        sb.append("  sample_sum:").append(GoFloat.g(b.sum()));
        for (int i = 0; i < b.bounds().length; i++) {
          sb.append("  bucket:{cumulative_count:").append((long) b.cumulative()[i]);
          sb.append("  upper_bound:").append(GoFloat.g(b.bounds()[i])).append('}');
        }
      }
      case Native n ->
          sb.append("histogram:{sample_count:")
              .append((long) n.histogram().count())
              .append("  sample_sum:")
              .append(GoFloat.g(n.histogram().sum()));
    }
    return sb.append("}}").toString();
  }
}
