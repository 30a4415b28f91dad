package dev.tethys.pipeline.exporter.rows;

import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.otlp.TranslationStrategy;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.Set;

/**
 * Conversion settings of metrics to rows, shared by exporters to databases.
 *
 * @param otlp conversion of OTLP to series
 * @param histograms conversion of native histograms
 * @param maxItems maximum samples in one request
 * @param maxBytes size at which a request is sent, before compression
 */
public record RowSettings(OtlpOptions otlp, HistogramRule histograms, int maxItems, int maxBytes) {

  /** Returns a copy in which OTLP resource attributes are labels of every series. */
  public RowSettings withResourcesAsLabels() {
    return new RowSettings(
        new OtlpOptions(
            otlp.translationStrategy(),
            otlp.promoteResourceAttributes(),
            true,
            otlp.ignoreResourceAttributes(),
            otlp.keepIdentifyingResourceAttributes(),
            otlp.convertHistogramsToNhcb(),
            otlp.promoteScopeMetadata(),
            otlp.labelNameUnderscoreSanitization(),
            otlp.labelNamePreserveMultipleUnderscores(),
            otlp.acceptDelta(),
            otlp.lookbackDelta(),
            otlp.typeAndUnitLabels()),
        histograms,
        maxItems,
        maxBytes);
  }

  /** The keys, added to the section of an exporter. */
  public static final class Keys {
    private final Key<Boolean> suffixes;
    private final Key<Boolean> resources;
    private final Key<Boolean> scopes;
    private final Key<HistogramRule> histograms;
    private final Key<Long> maxItems;
    private final Key<Long> maxBytes;

    /**
     * Adds the keys.
     *
     * @param usual default treatment of native histograms
     * @param rules allowed treatments
     */
    public Keys(Section s, HistogramRule usual, Set<HistogramRule> rules, int items, int bytes) {
      suffixes =
          s.key(
              "add_metric_suffixes",
              Type.BOOL,
              true,
              "If true, names of OTLP metrics get suffixes of units and _total.");
      resources =
          s.key(
              "resource_attributes_as_labels",
              Type.BOOL,
              false,
              "If true, resource attributes of OTLP metrics become labels of every "
                  + "series; otherwise they are in target_info.");
      scopes =
          s.key(
              "scope_as_labels",
              Type.BOOL,
              true,
              "If true, name, version, schema URL and attributes of OTLP scopes "
                  + "become labels otel_scope_…. Without them, points of two scopes that "
                  + "are otherwise equal are merged into one series.");
      SequencedMap<String, HistogramRule> words = new LinkedHashMap<>();
      for (HistogramRule r : HistogramRule.values()) {
        if (rules.contains(r)) {
          words.put(r.name().toLowerCase(java.util.Locale.ROOT), r);
        }
      }
      histograms =
          s.key(
              "native_histograms",
              Type.oneOf("rule for native histograms", words),
              usual,
              "Handling of native histograms: " + String.join(", ", words.keySet()) + ".");
      maxItems =
          s.key(
              "max_samples_per_send",
              Type.INT,
              (long) items,
              "Maximum number of samples in a request.");
      maxBytes =
          s.key(
              "max_request_bytes",
              Type.INT,
              (long) bytes,
              "Size of a request, before compression, at which it is sent, in bytes.");
    }

    /** Reads the keys from a map that may contain others. */
    public RowSettings read(YamlObject o) {
      OtlpOptions d = OtlpOptions.DEFAULT;
      return new RowSettings(
          new OtlpOptions(
              o.get(suffixes)
                  ? TranslationStrategy.UNDERSCORE_ESCAPING_WITH_SUFFIXES
                  : TranslationStrategy.UNDERSCORE_ESCAPING_WITHOUT_SUFFIXES,
              Set.of(),
              o.get(resources),
              Set.of(),
              d.keepIdentifyingResourceAttributes(),
              d.convertHistogramsToNhcb(),
              o.get(scopes),
              d.labelNameUnderscoreSanitization(),
              d.labelNamePreserveMultipleUnderscores(),
              d.acceptDelta(),
              d.lookbackDelta(),
              d.typeAndUnitLabels()),
          o.get(histograms),
          within(o, maxItems, 1_000_000),
          within(o, maxBytes, 256 << 20));
    }

    private static int within(YamlObject o, Key<Long> key, int most) {
      long v = o.get(key);
      if (v < 1 || v > most) {
        throw o.error(key, key.name() + " must be 1 to " + most);
      }
      return (int) v;
    }
  }
}
