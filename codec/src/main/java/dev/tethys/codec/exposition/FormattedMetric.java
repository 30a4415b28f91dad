package dev.tethys.codec.exposition;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Native;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Preparation of a metric for output that the formats share. */
final class FormattedMetric {
  private FormattedMetric() {}

  /** The labels with names that the scheme makes legal. */
  static Labels escaped(Labels labels, EscapingScheme scheme) {
    if (scheme == EscapingScheme.ALLOW_UTF_8) {
      return labels;
    }
    boolean[] plain = {true};
    labels.forEachBytes((b, no, nl, vo, vl) -> plain[0] &= legacyLabel(b, no, nl));
    if (plain[0]) {
      return labels;
    }
    LabelsBuilder builder = new LabelsBuilder();
    for (Labels.Label l : labels.toList()) {
      // A label with an empty value is kept: a pushed "instance" keeps a scraper from setting one.
      builder.show(scheme.escapeLabel(l.name()), l.value());
    }
    return builder.build();
  }

  static boolean legacyLabel(byte[] b, int from, int length) {
    if (length == 0 || !TextParser.is(b[from], TextParser.LABEL_START)) {
      return false;
    }
    for (int i = from + 1; i < from + length; i++) {
      if (!TextParser.is(b[i], TextParser.LABEL_PART)) {
        return false;
      }
    }
    return true;
  }

  /**
   * The classic buckets of a native histogram: those sent with it, those derived from its custom
   * bounds, or only +Inf.
   */
  static Buckets classic(Native n) {
    Buckets beside = n.classic();
    if (beside != null) {
      return beside;
    }
    Histogram h = n.histogram();
    double[] custom = h.customBounds();
    double[] bounds =
        custom == null || !h.hasCustomBuckets()
            ? new double[1]
            : Arrays.copyOf(custom, custom.length + 1);
    bounds[bounds.length - 1] = Double.POSITIVE_INFINITY;
    double[] cumulative = new double[bounds.length];
    if (bounds.length > 1) {
      int index = 0;
      int k = 0;
      int[] spans = h.positiveSpans();
      for (int i = 0; i < spans.length; i += 2) {
        index += spans[i];
        for (int j = 0; j < spans[i + 1]; j++) {
          cumulative[Math.min(index++, cumulative.length - 1)] += h.positive()[k++];
        }
      }
      for (int i = 1; i < cumulative.length; i++) {
        cumulative[i] += cumulative[i - 1];
      }
    }
    cumulative[cumulative.length - 1] = h.count();
    return new Buckets(h.count(), h.sum(), bounds, cumulative, perBucket(bounds, n.exemplars()));
  }

  /** Spreads exemplars over buckets by their values, the newest of each bucket. */
  private static List<@Nullable Exemplar> perBucket(double[] bounds, List<Exemplar> exemplars) {
    if (exemplars.isEmpty()) {
      return List.of();
    }
    List<@Nullable Exemplar> out = new ArrayList<>();
    for (int i = 0; i < bounds.length; i++) {
      out.add(null);
    }
    for (Exemplar e : exemplars) {
      int i = 0;
      while (i < bounds.length - 1 && !(e.value() <= bounds[i])) {
        i++;
      }
      Exemplar other = out.get(i);
      if (other == null || other.timestamp() < e.timestamp()) {
        out.set(i, e);
      }
    }
    return out;
  }
}
