package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.codec.otlp.AttributeNames;
import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.otlp.TranslationStrategy;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.List;
import java.util.Set;

/** Settings for the conversion of OTLP metrics to series in a graph exporter. */
final class OtlpSeriesSettings {
  /** To be included in the exporter's section. */
  static final Section SECTION =
      new Section("prometheus_remote_write", "Conversion of OTLP metrics to series.");

  private static final Section RESOURCE =
      new Section(
          "resource_to_telemetry_conversion", "Conversion of resource attributes to labels.");
  private static final Key<Boolean> RESOURCE_ENABLED =
      RESOURCE.key(
          "enabled",
          Type.BOOL,
          false,
          "If true, all resource attributes become labels of every series.");
  private static final Key<Boolean> RESOURCE_WITHOUT_SERVICE =
      RESOURCE.key(
          "exclude_service_attributes",
          Type.BOOL,
          false,
          "If true, service.name, service.namespace and service.instance.id do "
              + "not become labels, since job and instance contain them.");
  private static final Set<String> SERVICE =
      Set.of("service.name", "service.namespace", "service.instance.id");

  /** Resource attributes that become labels of every series. */
  private record Promoted(boolean all, Set<String> but) {
    static final Promoted NONE = new Promoted(false, Set.of());

    static Promoted of(YamlObject o) {
      return new Promoted(
          o.get(RESOURCE_ENABLED), o.get(RESOURCE_WITHOUT_SERVICE) ? SERVICE : Set.of());
    }
  }

  private static final Key<Boolean> SUFFIXES =
      SECTION.key(
          "add_metric_suffixes",
          Type.BOOL,
          true,
          "If true, metric names get suffixes of units and _total.");
  private static final Key<TranslationStrategy> STRATEGY =
      SECTION.optional(
          "translation_strategy",
          Type.oneOf(
              "translation strategy", TranslationStrategy.values(), TranslationStrategy::text),
          "Translation of OTLP names to series names; replaces "
              + "add_metric_suffixes. Translations without escaping require requests "
              + "of 2.0.");
  private static final Key<Promoted> RESOURCE_TO_TELEMETRY =
      SECTION.key(
          "resource_to_telemetry_conversion",
          RESOURCE.type(Promoted::of),
          Promoted.NONE,
          "Conversion of resource attributes to labels; without it they are in " + "target_info.");
  private static final Key<Boolean> NO_SCOPES =
      SECTION.key(
          "disable_scope_info",
          Type.BOOL,
          false,
          "If true, series have no labels otel_scope_name, otel_scope_version "
              + "and no labels of scope attributes.");
  private static final Key<Boolean> NHCB =
      SECTION.key(
          "convert_explicit_histograms_to_nhcb",
          Type.BOOL,
          false,
          "If true, histograms with explicit bounds become native histograms "
              + "with custom buckets.");
  private static final Key<Boolean> CLASSIC =
      SECTION.key(
          "keep_classic_histograms",
          Type.BOOL,
          false,
          "If true, convert_explicit_histograms_to_nhcb keeps the classic series " + "too.");
  private static final Section CONSTANT =
      new Section("resource_constant_labels", "Resource attributes that become labels.");
  private static final Key<List<String>> INCLUDED =
      CONSTANT.key(
          "included",
          Type.list(Type.STRING),
          List.of(),
          "Included attributes; * and ? are wildcards.");
  private static final Key<List<String>> EXCLUDED =
      CONSTANT.key(
          "excluded",
          Type.list(Type.STRING),
          List.of(),
          "Excluded attributes; * and ? are wildcards.");
  private static final Key<AttributeNames> CONSTANT_LABELS =
      SECTION.optional(
          "resource_constant_labels",
          CONSTANT.type(o -> new AttributeNames(o.get(INCLUDED), o.get(EXCLUDED))),
          "Resource attributes that become labels of every series; replaces"
              + " resource_to_telemetry_conversion.");

  static {
    SECTION
        .notBuilt("scope_info", "Series otel_scope_info; see disable_scope_info.")
        .notBuilt(
            "export_created_metric",
            "Start times as series, removed from the Collector in 0.123; requests "
                + "of 2.0 contain start times.");
  }

  private OtlpSeriesSettings() {}

  /**
   * Reads the keys.
   *
   * @param message format of requests
   */
  static OtlpOptions read(YamlObject o, RemoteWriteMessage message) {
    OtlpOptions d = OtlpOptions.DEFAULT;
    TranslationStrategy strategy = o.find(STRATEGY);
    if (strategy == null) {
      strategy =
          o.get(SUFFIXES)
              ? TranslationStrategy.UNDERSCORE_ESCAPING_WITH_SUFFIXES
              : TranslationStrategy.UNDERSCORE_ESCAPING_WITHOUT_SUFFIXES;
    } else if (!strategy.escapes() && message == RemoteWriteMessage.V1) {
      throw o.error(
          STRATEGY,
          strategy.text()
              + " requires remote write 2.0: write protobuf_message: "
              + RemoteWriteMessage.V2.text());
    }
    Promoted promoted = o.get(RESOURCE_TO_TELEMETRY);
    AttributeNames constant = o.find(CONSTANT_LABELS);
    if (constant != null && !promoted.equals(Promoted.NONE)) {
      throw o.error(
          CONSTANT_LABELS,
          "resource_constant_labels and resource_to_telemetry_conversion both configure which"
              + " resource attributes become labels: set only one");
    }
    return new OtlpOptions(
        strategy,
        Set.of(),
        promoted.all(),
        promoted.but(),
        d.keepIdentifyingResourceAttributes(),
        o.get(NHCB),
        !o.get(NO_SCOPES),
        d.labelNameUnderscoreSanitization(),
        d.labelNamePreserveMultipleUnderscores(),
        d.acceptDelta(),
        d.lookbackDelta(),
        d.typeAndUnitLabels(),
        constant == null ? AttributeNames.NONE : constant,
        o.get(CLASSIC));
  }
}
