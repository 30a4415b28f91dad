package dev.tethys.prometheus;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.NameScheme;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The {@code otlp} section: how OTLP metrics become series. */
public record OtlpConfig(
    TranslationStrategy translationStrategy,
    boolean promoteAllResourceAttributes,
    Set<String> promoteResourceAttributes,
    Set<String> ignoreResourceAttributes,
    boolean keepIdentifyingResourceAttributes,
    boolean convertHistogramsToNhcb,
    boolean promoteScopeMetadata,
    boolean labelNameUnderscoreSanitization,
    boolean labelNamePreserveMultipleUnderscores) {
  /** Translation of names. */
  public enum TranslationStrategy {
    UNDERSCORE_ESCAPING_WITH_SUFFIXES("UnderscoreEscapingWithSuffixes", false),
    UNDERSCORE_ESCAPING_WITHOUT_SUFFIXES("UnderscoreEscapingWithoutSuffixes", false),
    NO_UTF8_ESCAPING_WITH_SUFFIXES("NoUTF8EscapingWithSuffixes", true),
    NO_TRANSLATION("NoTranslation", true);

    private final String text;
    private final boolean utf8;

    TranslationStrategy(String text, boolean utf8) {
      this.text = text;
      this.utf8 = utf8;
    }
  }

  private static final Section SECTION =
      new Section("otlp", "Settings of the conversion of OTLP metrics to series.");
  private static final Key<TranslationStrategy> STRATEGY =
      SECTION.key(
          "translation_strategy",
          Type.oneOf("translation_strategy", TranslationStrategy.values(), s -> s.text),
          TranslationStrategy.UNDERSCORE_ESCAPING_WITH_SUFFIXES,
          "Translation of OTLP metric and attribute names.");
  private static final Key<Boolean> PROMOTE_ALL =
      SECTION.key(
          "promote_all_resource_attributes",
          Type.BOOL,
          false,
          "Enables promotion of all resource attributes to labels.");
  private static final Key<List<String>> PROMOTE =
      SECTION.key(
          "promote_resource_attributes",
          Type.list(Type.STRING),
          List.of(),
          "Resource attributes that become labels.");
  private static final Key<List<String>> IGNORE =
      SECTION.key(
          "ignore_resource_attributes",
          Type.list(Type.STRING),
          List.of(),
          "Resource attributes that are not promoted, with promote_all_resource_attributes.");
  private static final Key<Boolean> KEEP_IDENTIFYING =
      SECTION.key(
          "keep_identifying_resource_attributes",
          Type.BOOL,
          false,
          "Enables keeping service.name, service.namespace and service.instance.id on"
              + " target_info.");
  private static final Key<Boolean> CONVERT =
      SECTION.key(
          "convert_histograms_to_nhcb",
          Type.BOOL,
          false,
          "Enables conversion of explicit-bucket histograms to native ones with custom buckets.");
  private static final Key<Boolean> PROMOTE_SCOPE =
      SECTION.key(
          "promote_scope_metadata",
          Type.BOOL,
          false,
          "Enables promotion of the scope's name, version, schema URL and attributes to labels.");
  private static final Key<Boolean> SANITIZE =
      SECTION.key(
          "label_name_underscore_sanitization",
          Type.BOOL,
          true,
          "Enables the prefix key_ for names that begin with an underscore.");
  private static final Key<Boolean> MULTIPLE_UNDERSCORES =
      SECTION.key(
          "label_name_preserve_multiple_underscores",
          Type.BOOL,
          true,
          "Enables keeping several underscores in a row.");

  static Section section() {
    return SECTION;
  }

  /** Defaults without the section. */
  public static final OtlpConfig DEFAULT =
      new OtlpConfig(
          TranslationStrategy.UNDERSCORE_ESCAPING_WITH_SUFFIXES,
          false,
          Set.of(),
          Set.of(),
          false,
          false,
          false,
          true,
          true);

  static OtlpConfig read(YamlNode node, NameScheme names) {
    YamlObject o = node.object(SECTION);
    TranslationStrategy strategy = o.get(STRATEGY);
    if (names == NameScheme.LEGACY && strategy.utf8) {
      throw o.error(
          STRATEGY,
          "OTLP translation strategy \""
              + strategy.text
              + "\" is not allowed when UTF8 is disabled");
    }
    boolean all = o.get(PROMOTE_ALL);
    Set<String> promote = names(o, PROMOTE, "promoted");
    Set<String> ignore = names(o, IGNORE, "ignored");
    if (all && !promote.isEmpty()) {
      throw o.error(
          PROMOTE,
          "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be"
              + " configured simultaneously");
    }
    if (!all && !ignore.isEmpty()) {
      throw o.error(
          IGNORE,
          "'ignore_resource_attributes' cannot be configured unless"
              + " 'promote_all_resource_attributes' is true");
    }
    return new OtlpConfig(
        strategy,
        all,
        promote,
        ignore,
        o.get(KEEP_IDENTIFYING),
        o.get(CONVERT),
        o.get(PROMOTE_SCOPE),
        o.get(SANITIZE),
        o.get(MULTIPLE_UNDERSCORES));
  }

  private static Set<String> names(YamlObject o, Key<List<String>> key, String what) {
    Set<String> out = new LinkedHashSet<>();
    for (String s : o.get(key)) {
      String name = s.strip();
      if (name.isEmpty()) {
        throw o.error(key, "empty " + what + " OTel resource attribute");
      }
      if (!out.add(name)) {
        throw o.error(key, "duplicated " + what + " OTel resource attribute \"" + name + "\"");
      }
    }
    return java.util.Collections.unmodifiableSet(out);
  }

  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("promote_all_resource_attributes", promoteAllResourceAttributes ? true : null);
    m.put("promote_resource_attributes", orNull(promoteResourceAttributes));
    m.put("ignore_resource_attributes", orNull(ignoreResourceAttributes));
    m.put("translation_strategy", translationStrategy.text);
    m.put("keep_identifying_resource_attributes", keepIdentifyingResourceAttributes ? true : null);
    m.put("convert_histograms_to_nhcb", convertHistogramsToNhcb ? true : null);
    m.put("promote_scope_metadata", promoteScopeMetadata ? true : null);
    m.put("label_name_underscore_sanitization", labelNameUnderscoreSanitization);
    m.put("label_name_preserve_multiple_underscores", labelNamePreserveMultipleUnderscores);
    return m;
  }

  private static @Nullable Set<String> orNull(Set<String> s) {
    return s.isEmpty() ? null : s;
  }
}
