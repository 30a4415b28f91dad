package dev.tethys.collect.scrape;

import dev.tethys.codec.exposition.ExpositionParser;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.Labels.Label;
import dev.tethys.model.LabelsBuilder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Maps the labels of an exposed series to the labels of the stored series. */
final class SampleLabels {
  private static final String EXPORTED = "exported_";

  /** Maximum length of a name or value shown in an error. */
  private static final int SHOWN = 50;

  private final Labels target;
  private final ScrapeConfig config;

  SampleLabels(Labels target, ScrapeConfig config) {
    this.target = target;
    this.config = config;
  }

  /**
   * Joins exposed and target labels and relabels; returns null if the series is dropped. With
   * honor_labels an exposed label that is empty keeps the target's off.
   */
  @Nullable Labels of(ExpositionParser sample) {
    Labels exposed = sample.labels();
    List<String> keptOff = config.honorLabels() ? sample.emptyLabels() : List.of();
    LabelsBuilder b = exposed.toBuilder();
    List<Label> clashing = new ArrayList<>();
    for (Label l : target.toList()) {
      String there = exposed.get(l.name());
      if (config.honorLabels()) {
        if (there.isEmpty() && !keptOff.contains(l.name())) {
          b.set(l.name(), l.value());
        }
        continue;
      }
      if (!there.isEmpty()) {
        clashing.add(new Label(l.name(), there));
      }
      b.set(l.name(), l.value());
    }
    clashing.sort(Comparator.comparingInt(l -> l.name().length()));
    for (Label l : clashing) {
      String name = EXPORTED + l.name();
      while (!b.get(name).isEmpty()) {
        name = EXPORTED + name;
      }
      b.set(name, l.value());
    }
    return config.metricRelabeling().apply(b) ? b.build() : null;
  }

  /** The labels of a series about the scrape itself. */
  Labels report(String metric) {
    return new LabelsBuilder(target).set(Labels.METRIC_NAME, metric).build();
  }

  /** Problem with these labels that fails the whole scrape, null if none. */
  @Nullable String invalid(Labels labels) {
    String name = labels.metricName();
    if (name.isEmpty()) {
      return "missing metric name (__name__ label)";
    }
    boolean valid = config.common().names().isValidMetricName(name);
    for (Label l : labels.toList()) {
      valid &= config.common().names().isValidLabelName(l.name());
    }
    return valid ? null : "invalid metric name or label names: " + labels;
  }

  /** Returns the limit exceeded by the labels; null if none. */
  @Nullable String overLimit(Labels labels) {
    ScrapeLimits limits = config.common().limits();
    if (limits.labels() == 0 && limits.labelNameLength() == 0 && limits.labelValueLength() == 0) {
      return null;
    }
    String metric = cut(labels.metricName());
    int n = labels.size();
    if (limits.labels() > 0 && n > limits.labels()) {
      return "label_limit exceeded (metric: "
          + metric
          + ", number of labels: "
          + n
          + ", limit: "
          + limits.labels()
          + ")";
    }
    for (Label l : labels.toList()) {
      long name = utf8Length(l.name());
      if (limits.labelNameLength() > 0 && name > limits.labelNameLength()) {
        return "label_name_length_limit exceeded (metric: "
            + metric
            + ", label name: "
            + cut(l.name())
            + ", length: "
            + name
            + ", limit: "
            + limits.labelNameLength()
            + ")";
      }
      long value = utf8Length(l.value());
      if (limits.labelValueLength() > 0 && value > limits.labelValueLength()) {
        return "label_value_length_limit exceeded (metric: "
            + metric
            + ", label name: "
            + cut(l.name())
            + ", value: "
            + GoQuote.quote(cut(l.value()))
            + ", length: "
            + value
            + ", limit: "
            + limits.labelValueLength()
            + ")";
      }
    }
    return null;
  }

  private static long utf8Length(String s) {
    return s.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
  }

  private static String cut(String s) {
    return s.codePointCount(0, s.length()) <= SHOWN
        ? s
        : s.substring(0, s.offsetByCodePoints(0, SHOWN));
  }
}
