package dev.tethys.alert.manager.match;

import dev.tethys.model.LabelNames;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.stream.Collectors;

/** Syntax of matchers and label names. */
public enum MatcherSyntax {
  /** The UTF-8 syntax; the classic one where only it, or it differently, understands the text. */
  FALLBACK,
  /** Only the UTF-8 syntax. */
  UTF8,
  /** Only the classic syntax, and only classic names. */
  CLASSIC;

  private static final System.Logger LOG = JulLogger.of(MatcherSyntax.class.getName());

  /** Whether a label may be called so. */
  public boolean isLabelName(String name) {
    return this == CLASSIC ? LabelNames.isLegacyLabelName(name) : LabelNames.isUtf8LabelName(name);
  }

  /**
   * Reads any number of matchers, in braces or without.
   *
   * @param origin source of the text, for the log
   * @throws IllegalArgumentException with Alertmanager's message
   */
  public List<LabelMatcher> parseAll(String text, String origin) {
    return switch (this) {
      case CLASSIC -> ClassicMatcherParser.parseAll(text);
      case UTF8 -> MatcherParser.parse(text);
      case FALLBACK ->
          fallback(
              text,
              origin,
              () -> MatcherParser.parse(text),
              () -> ClassicMatcherParser.parseAll(text));
    };
  }

  /**
   * Reads exactly one matcher, without braces.
   *
   * @throws IllegalArgumentException with Alertmanager's message
   */
  public LabelMatcher parse(String text, String origin) {
    if (this == CLASSIC) {
      return ClassicMatcherParser.parse(text);
    }
    if (text.startsWith("{") || text.endsWith("}")) {
      throw new IllegalArgumentException("unexpected open or close brace: " + text);
    }
    if (this == UTF8) {
      return parseOne(text);
    }
    return fallback(
            text,
            origin,
            () -> List.of(parseOne(text)),
            () -> List.of(ClassicMatcherParser.parse(text)))
        .getFirst();
  }

  private static LabelMatcher parseOne(String text) {
    List<LabelMatcher> all = MatcherParser.parse(text);
    if (all.size() != 1) {
      throw new IllegalArgumentException(
          all.isEmpty() ? "no matchers" : "expected 1 matcher, found " + all.size());
    }
    return all.getFirst();
  }

  private interface Reader {
    List<LabelMatcher> read();
  }

  private static List<LabelMatcher> fallback(
      String text, String origin, Reader newer, Reader older) {
    List<LabelMatcher> classic = null;
    IllegalArgumentException refused = null;
    try {
      classic = older.read();
    } catch (IllegalArgumentException e) {
      refused = e;
    }
    List<LabelMatcher> utf8;
    try {
      utf8 = newer.read();
    } catch (IllegalArgumentException e) {
      if (classic == null) {
        throw refused == null ? e : refused;
      }
      LOG.log(
          Level.WARNING,
          "{0}: the matchers {1} are not valid in the UTF-8 syntax ({2}) and were read in the"
              + " classic one; write them as {3}",
          origin,
          text,
          e.getMessage(),
          classic.stream().map(LabelMatcher::toString).collect(Collectors.joining(",")));
      return classic;
    }
    if (classic != null && !classic.equals(utf8)) {
      LOG.log(
          Level.WARNING,
          "{0}: the matchers {1} have different meanings in the UTF-8 and the classic syntax; the"
              + " classic one applies",
          origin,
          text);
      return classic;
    }
    return utf8;
  }
}
