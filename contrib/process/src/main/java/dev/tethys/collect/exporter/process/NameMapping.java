package dev.tethys.collect.exporter.process;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Groups named by the flags {@code procnames} and {@code namemapping}. The name is the kernel's
 * name of a process, or for mapped ones the part of the command line that an expression captures.
 */
final class NameMapping implements GroupNamer {
  private final Map<String, @Nullable Pattern> byName = new HashMap<>();

  /**
   * Reads the flags.
   *
   * @param names comma-separated names
   * @param mapping alternating names and expressions, comma-separated
   * @throws IllegalArgumentException with the problem
   */
  NameMapping(String names, String mapping) {
    String[] tokens = mapping.isEmpty() ? new String[0] : mapping.split(",", -1);
    if (tokens.length % 2 == 1) {
      throw new IllegalArgumentException(
          "--namemapping: expected pairs of names and expressions, but their number is odd");
    }
    for (int i = 0; i < tokens.length; i += 2) {
      if (tokens[i].isEmpty() || tokens[i + 1].isEmpty()) {
        throw new IllegalArgumentException(
            "--namemapping: item " + (tokens[i].isEmpty() ? i : i + 1) + " is empty");
      }
      try {
        byName.put(tokens[i], Pattern.compile(tokens[i + 1]));
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException(
            "--namemapping: '" + tokens[i + 1] + "' is not a valid expression: " + e.getMessage(),
            e);
      }
    }
    for (String name : names.split(",")) {
      if (!name.isEmpty()) {
        byName.putIfAbsent(name, null);
      }
    }
  }

  @Override
  public @Nullable String group(ProcessFacts p) {
    Pattern captures = byName.get(p.name());
    if (captures == null) {
      return byName.containsKey(p.name()) ? p.name() : null;
    }
    Matcher m = captures.matcher(p.joined());
    if (m.find()) {
      for (int i = 1; i <= m.groupCount(); i++) {
        String captured = m.group(i);
        if (captured != null && !captured.isEmpty()) {
          return p.name() + ":" + captured;
        }
      }
    }
    return null;
  }
}
