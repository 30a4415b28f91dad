package dev.tethys.codec.otlp;

import java.util.Set;

/**
 * Translation options, named as in the {@code otlp} section.
 *
 * @param promoteResourceAttributes resource attributes that become labels of every series
 * @param promoteAllResourceAttributes promote all but {@code ignoreResourceAttributes}
 * @param acceptDelta store delta samples unchanged, with unknown type
 * @param lookbackDelta milliseconds; {@code target_info} is written at least twice in it
 * @param typeAndUnitLabels add the labels {@code __type__} and {@code __unit__}
 * @param promoted resource attributes that become labels too, by patterns
 * @param keepClassicHistograms whether histograms that are converted are classic series as well
 */
public record OtlpOptions(
    TranslationStrategy translationStrategy,
    Set<String> promoteResourceAttributes,
    boolean promoteAllResourceAttributes,
    Set<String> ignoreResourceAttributes,
    boolean keepIdentifyingResourceAttributes,
    boolean convertHistogramsToNhcb,
    boolean promoteScopeMetadata,
    boolean labelNameUnderscoreSanitization,
    boolean labelNamePreserveMultipleUnderscores,
    boolean acceptDelta,
    long lookbackDelta,
    boolean typeAndUnitLabels,
    AttributeNames promoted,
    boolean keepClassicHistograms) {

  /** Prometheus's defaults. */
  public static final OtlpOptions DEFAULT =
      new OtlpOptions(
          TranslationStrategy.UNDERSCORE_ESCAPING_WITH_SUFFIXES,
          Set.of(),
          false,
          Set.of(),
          false,
          false,
          false,
          true,
          true,
          false,
          300_000,
          false);

  /** Options without those used only by a Collector exporter. */
  public OtlpOptions(
      TranslationStrategy translationStrategy,
      Set<String> promoteResourceAttributes,
      boolean promoteAllResourceAttributes,
      Set<String> ignoreResourceAttributes,
      boolean keepIdentifyingResourceAttributes,
      boolean convertHistogramsToNhcb,
      boolean promoteScopeMetadata,
      boolean labelNameUnderscoreSanitization,
      boolean labelNamePreserveMultipleUnderscores,
      boolean acceptDelta,
      long lookbackDelta,
      boolean typeAndUnitLabels) {
    this(
        translationStrategy,
        promoteResourceAttributes,
        promoteAllResourceAttributes,
        ignoreResourceAttributes,
        keepIdentifyingResourceAttributes,
        convertHistogramsToNhcb,
        promoteScopeMetadata,
        labelNameUnderscoreSanitization,
        labelNamePreserveMultipleUnderscores,
        acceptDelta,
        lookbackDelta,
        typeAndUnitLabels,
        AttributeNames.NONE,
        false);
  }

  public OtlpOptions {
    promoteResourceAttributes = Set.copyOf(promoteResourceAttributes);
    ignoreResourceAttributes = Set.copyOf(ignoreResourceAttributes);
    if (lookbackDelta <= 0) {
      throw new IllegalArgumentException("the lookback delta must be positive");
    }
  }

  public OtlpOptions withTranslationStrategy(TranslationStrategy s) {
    return with(s, promoteScopeMetadata);
  }

  /**
   * Variant with scopes in labels, so that points that differ only in their scope stay separate.
   */
  public OtlpOptions withScopes() {
    return with(translationStrategy, true);
  }

  private OtlpOptions with(TranslationStrategy strategy, boolean scopes) {
    return new OtlpOptions(
        strategy,
        promoteResourceAttributes,
        promoteAllResourceAttributes,
        ignoreResourceAttributes,
        keepIdentifyingResourceAttributes,
        convertHistogramsToNhcb,
        scopes,
        labelNameUnderscoreSanitization,
        labelNamePreserveMultipleUnderscores,
        acceptDelta,
        lookbackDelta,
        typeAndUnitLabels,
        promoted,
        keepClassicHistograms);
  }

  boolean promotes(String attribute) {
    return promoteAllResourceAttributes
        ? !ignoreResourceAttributes.contains(attribute)
        : promoteResourceAttributes.contains(attribute) || promoted.contains(attribute);
  }
}
