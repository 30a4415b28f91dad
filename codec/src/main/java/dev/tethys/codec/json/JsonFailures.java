package dev.tethys.codec.json;

import dev.tethys.model.file.IoFailures;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;

/**
 * Describes to the sender, in one line, why a text is not the expected JSON. The parser's own
 * messages name its classes and settings, so they are replaced.
 */
public final class JsonFailures {
  /** Maximum number of characters of the input shown in an error. */
  private static final int SHOWN = 60;

  /** Replaces a parser message. */
  private record Rewording(Pattern of, Function<MatchResult, String> text) {}

  private static Rewording rewording(String of, Function<MatchResult, String> text) {
    return new Rewording(Pattern.compile(of, Pattern.DOTALL), text);
  }

  private static final List<Rewording> SAYINGS =
      List.of(
          rewording("(?:Unexpected end-of-input|No content to map).*", JsonFailures::end),
          rewording(
              "Unrecognized token '(.*?)'(?:: .*)?", m -> quoted(m.group(1)) + " is not a value"),
          rewording("Non-standard token '(.*?)': .*", m -> quoted(m.group(1)) + " is not a value"),
          rewording(
              "Unexpected character \\((.*?)\\(?code (\\d+).*?\\)\\)(.*)",
              m -> character(m) + expectedToken(m.group(3))),
          rewording(
              "Unexpected character \\((.*?), code (\\d+)\\)(.*)",
              m -> character(m) + expectedToken(m.group(3))),
          rewording(
              "Illegal unquoted character .*code (\\d+).*",
              m -> "the control character " + m.group(1) + " in a string must be escaped"),
          rewording(
              "Illegal character .*code (\\d+).*",
              m -> "the control character " + m.group(1) + " is not allowed between values"),
          rewording(
              "Unrecognized character escape \\(CTRL-CHAR, code (\\d+).*",
              m ->
                  "a backslash and the control character "
                      + m.group(1)
                      + " are not a valid escape"),
          rewording(
              "Unrecognized character escape '(.*?)' \\(code.*",
              m -> quoted("\\" + m.group(1)) + " is not a valid escape"),
          rewording(
              "Unexpected close marker '(.)': expected '(.)'.*",
              m -> quoted(m.group(1)) + " found where " + quoted(m.group(2)) + " is expected"),
          rewording(
              "Unexpected close marker '(.)'.*",
              m -> quoted(m.group(1)) + " has no matching opening bracket"),
          rewording(".*Leading zeroes not allowed.*", m -> "a number has a leading zero"),
          rewording(
              "Invalid UTF-8 \\S+ byte (0x\\w+).*",
              m -> "the byte " + m.group(1) + " is not UTF-8"),
          rewording("Invalid UTF-8.*", m -> "a character is not UTF-8"),
          rewording("Trailing token .*", m -> "something follows the value"),
          rewording(
              "Duplicate Object property \"(.*?)\".*",
              m -> "the name " + quoted(m.group(1)) + " appears twice"),
          rewording(
              "Document nesting depth \\((\\d+)\\).*?\\((\\d+).*",
              m ->
                  "values are nested " + m.group(1) + " deep: at most " + m.group(2) + " are read"),
          rewording(
              "(Number|String|Name)(?: value)? length \\((\\d+)\\).*?\\((\\d+).*",
              m ->
                  "a "
                      + m.group(1).toLowerCase(Locale.ROOT)
                      + " of "
                      + m.group(2)
                      + " characters: at most "
                      + m.group(3)
                      + " are read"),
          rewording("No value for property '(.*?)' of .*", m -> quoted(m.group(1)) + " is missing"),
          rewording("No value at index #(\\d+).*", m -> "a list has no element " + m.group(1)),
          rewording("No node at '(.*?)' .*", m -> quoted(m.group(1)) + " is missing"),
          rewording(
              "'\\w+' method .*? cannot (?:coerce|convert) value (.*) to `(.*?)`.*",
              m ->
                  m.group(1).equals("<missing>")
                      ? kind(m.group(2)) + " is missing"
                      : shown(m.group(1)) + " is not " + kind(m.group(2))),
          rewording(
              "Node of type `.*?(\\w+)Node` has no fields",
              m -> "expected an object, not a value of another kind"),
          rewording(
              "Numeric value \\((.*?)\\) out of range of .*",
              m -> shown(m.group(1)) + " is out of range"),
          rewording(
              "Cannot (?:deserialize|map) .*?`(.*?)`(?: from (\\w+) value)?.*",
              m -> "the value is not " + kind(m.group(1))));

  /** The first of these named by the reader is the expected token. */
  private static final List<List<String>> EXPECTED =
      List.of(
          List.of("colon", "a colon"),
          List.of("property name", "a name in double quotes"),
          List.of("comma ", "a comma"),
          List.of("hex-digit", "a hexadecimal digit"),
          List.of("value (", "a value"),
          List.of("a value", "a value"),
          List.of("comment", "a value"),
          List.of("numeric", "a digit"));

  private JsonFailures() {}

  /** Describes the problem and its position. */
  public static String describe(JacksonException e) {
    return describeProblem(e) + where(e);
  }

  /** Describes a failure in a text of one line, whose number the caller reports. */
  public static String inLine(JacksonException e) {
    int column = column(e);
    return describeProblem(e) + (column < 1 ? "" : " (column " + column + ")");
  }

  /**
   * The position of the fault, in brackets; empty if it is unknown. For a secret, this is all that
   * may be reported.
   */
  public static String where(JacksonException e) {
    int column = column(e);
    return column < 1 ? "" : " (line " + e.getLocation().getLineNr() + ", column " + column + ")";
  }

  private static int column(JacksonException e) {
    TokenStreamLocation at = e.getLocation();
    return at == null || at.getLineNr() < 1 ? 0 : at.getColumnNr();
  }

  /** Describes the problem without its position, for callers that name the place themselves. */
  public static String describeProblem(JacksonException e) {
    if (e.getCause() instanceof IOException io) {
      return oneLine(IoFailures.describe(io)); // the text was not available
    }
    String original = String.valueOf(e.getOriginalMessage());
    for (Rewording s : SAYINGS) {
      Matcher m = s.of.matcher(original);
      if (m.matches()) {
        return oneLine(s.text.apply(m));
      }
    }
    return oneLine(original.replaceAll("\\s*\\([^()]*\\[Source[^)]*\\)[^)]*\\)|`", ""));
  }

  /** Describes a read failure; invalid JSON is described in these words. */
  public static String describe(Exception e) {
    return e instanceof JacksonException j
        ? describe(j)
        : oneLine(e.getMessage() == null ? e.toString() : e.getMessage());
  }

  private static String end(MatchResult m) {
    String of = m.group();
    if (of.startsWith("No content")) {
      return "text is empty";
    }
    return of.contains("Object")
        ? "the text ends within an object"
        : of.contains("Array")
            ? "the text ends within a list"
            : of.contains("VALUE_STRING") || of.contains("string")
                ? "the text ends within a string"
                : "the text ends within a value";
  }

  private static String character(MatchResult m) {
    String c = m.group(1).replaceAll("^'|' $|'$", "");
    return c.contains("CTRL-CHAR") || c.isBlank() && !m.group(2).equals("32")
        ? "the control character " + m.group(2)
        : quoted(c);
  }

  private static String expectedToken(String of) {
    for (List<String> w : EXPECTED) {
      if (of.contains(w.getFirst())) {
        return " found where " + w.getLast() + " is expected";
      }
    }
    return " is not expected";
  }

  private static String kind(String type) {
    return switch (type.substring(type.lastIndexOf('.') + 1)) {
      case "String" -> "a string";
      case "int", "long", "short", "Integer", "Long", "BigInteger" -> "a whole number in range";
      case "float", "double", "Float", "Double", "BigDecimal" -> "a number";
      case "boolean", "Boolean" -> "true or false";
      default -> "the expected type";
    };
  }

  private static String quoted(String s) {
    return "'" + shown(s) + "'";
  }

  private static String shown(String s) {
    return s.length() > SHOWN ? s.substring(0, SHOWN) + "…" : s;
  }

  private static String oneLine(String s) {
    return s.strip().replaceAll("\\s*[\\r\\n]+\\s*", " ");
  }
}
