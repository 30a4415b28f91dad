package dev.tethys.pipeline.processor.redaction;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Masks literals in commands of databases without SQL. */
final class CommandText {
  /** Redis commands whose first argument is not a key. */
  private static final Set<String> WITHOUT_KEY =
      Set.of(
          "ACL",
          "AUTH",
          "CLIENT",
          "CONFIG",
          "ECHO",
          "EVAL",
          "EVALSHA",
          "EVAL_RO",
          "EVALSHA_RO",
          "FCALL",
          "FCALL_RO",
          "FUNCTION",
          "HELLO",
          "MIGRATE",
          "PING",
          "PUBLISH",
          "SCRIPT",
          "SPUBLISH");

  private CommandText() {}

  /** Returns name and first key of each Redis command. */
  static String redis(String text) {
    StringBuilder out = new StringBuilder();
    int argument = 0;
    boolean key = true;
    for (int i = 0; i < text.length(); ) {
      char c = text.charAt(i);
      if (c == '\n' || c == '\r') {
        argument = 0;
        i++;
        continue;
      }
      if (Character.isWhitespace(c)) {
        i++;
        continue;
      }
      int end = endOfArgument(text, i);
      String word = text.substring(i, end);
      i = end;
      switch (argument++) {
        case 0 -> {
          out.append(out.isEmpty() ? "" : "\n").append(isName(word) ? word : "?");
          key = isName(word) && !WITHOUT_KEY.contains(word.toUpperCase(Locale.ROOT));
        }
        case 1 -> out.append(' ').append(key ? word : "?");
        case 2 -> out.append(key ? " ?" : "");
        default -> {
          // one mark replaces all that follow
        }
      }
    }
    return out.toString();
  }

  private static boolean isName(String s) {
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (!Character.isLetter(c) && (i == 0 || c != '.' && c != '_' && c != '-')) {
        return false;
      }
    }
    return true;
  }

  private static int endOfArgument(String s, int from) {
    char quote = s.charAt(from);
    if (quote != '"' && quote != '\'') {
      int i = from;
      while (i < s.length() && !Character.isWhitespace(s.charAt(i))) {
        i++;
      }
      return i;
    }
    for (int i = from + 1; i < s.length(); i++) {
      if (s.charAt(i) == '\\') {
        i++;
      } else if (s.charAt(i) == quote) {
        return i + 1;
      }
    }
    return s.length();
  }

  /** Returns a memcached command without the data that follows it. */
  static String memcached(String text) {
    int end = 0;
    while (end < text.length() && text.charAt(end) != '\n' && text.charAt(end) != '\r') {
      end++;
    }
    return text.substring(0, end);
  }

  /**
   * Masks the values of JSON and keeps its keys; accepts one document or one per line. Text that is
   * not JSON is masked entirely.
   */
  static String json(String text) {
    try {
      return documents(text);
    } catch (CodecException e) {
      return "?";
    }
  }

  private static String documents(String text) {
    StringBuilder out = new StringBuilder();
    try {
      append(JsonValues.read(text), out);
      return out.toString();
    } catch (CodecException e) {
      if (text.strip().indexOf('\n') < 0) {
        throw e;
      }
    }
    for (String line : text.strip().split("\n", -1)) {
      append(JsonValues.read(line), out.append(out.isEmpty() ? "" : "\n"));
    }
    return out.toString();
  }

  private static void append(@Nullable Object value, StringBuilder out) {
    switch (value) {
      case Attributes a -> {
        out.append('{');
        for (int i = 0; i < a.size(); i++) {
          out.append(i == 0 ? "" : ",").append(JsonValues.write(a.key(i))).append(':');
          append(a.value(i), out);
        }
        out.append('}');
      }
      case ArrayValue a -> {
        out.append('[');
        for (int i = 0; i < a.size(); i++) {
          append(a.get(i), out.append(i == 0 ? "" : ","));
        }
        out.append(']');
      }
      case null, default -> out.append("\"?\"");
    }
  }
}
