package dev.tethys.codec.otlp;

/**
 * Strategy for translating OTLP names to metric and label names; the constants' strings are those
 * of prometheus.yml.
 */
public enum TranslationStrategy {
  UNDERSCORE_ESCAPING_WITH_SUFFIXES("UnderscoreEscapingWithSuffixes", true, true),
  UNDERSCORE_ESCAPING_WITHOUT_SUFFIXES("UnderscoreEscapingWithoutSuffixes", true, false),
  NO_UTF8_ESCAPING_WITH_SUFFIXES("NoUTF8EscapingWithSuffixes", false, true),
  NO_TRANSLATION("NoTranslation", false, false);

  private final String text;
  private final boolean escapes;
  private final boolean suffixes;

  TranslationStrategy(String text, boolean escapes, boolean suffixes) {
    this.text = text;
    this.escapes = escapes;
    this.suffixes = suffixes;
  }

  public String text() {
    return text;
  }

  /** Whether names are cut down to the legacy alphabet. */
  public boolean escapes() {
    return escapes;
  }

  /** Whether unit and type are appended to metric names. */
  public boolean suffixes() {
    return suffixes;
  }
}
