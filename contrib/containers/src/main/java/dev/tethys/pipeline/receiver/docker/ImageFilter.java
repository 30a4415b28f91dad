package dev.tethys.pipeline.receiver.docker;

import dev.tethys.model.regex.Glob;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Filter of images by name: {@code name}, {@code /expression/}, or a glob with any of {@code
 * *?[]{}}; a leading {@code !} negates. A listed exact name takes precedence over all other
 * patterns; if an exact name is negated, every other name matches.
 */
public final class ImageFilter {
  private static final Glob.Syntax GLOB = new Glob.Syntax("", false, "!", true);

  private record Form(Regex pattern, boolean whole, boolean negated) {
    boolean match(String name) {
      return (whole ? pattern.matches(name) : pattern.find(name)) != negated;
    }
  }

  private final Map<String, Boolean> names = new HashMap<>(); // whether they match
  private final List<Form> forms = new ArrayList<>();

  /**
   * @throws IllegalArgumentException if a pattern is invalid
   */
  public ImageFilter(List<String> written) {
    for (String w : written) {
      boolean negated = w.startsWith("!");
      String s = negated ? w.substring(1) : w;
      try {
        if (s.length() > 2 && s.startsWith("/") && s.endsWith("/")) {
          forms.add(new Form(Regex.compile(s.substring(1, s.length() - 1)), false, negated));
        } else if (s.chars().anyMatch(c -> "*?[]{}!".indexOf(c) >= 0)) {
          forms.add(new Form(Glob.compile(s, GLOB), true, negated));
        } else {
          names.put(s, !negated);
        }
      } catch (RegexSyntaxException e) {
        throw new IllegalArgumentException("\"" + w + "\": " + e.getMessage(), e);
      }
    }
  }

  public boolean match(String name) {
    Boolean listed = names.get(name);
    if (listed != null) {
      return listed;
    }
    return names.containsValue(false) || forms.stream().anyMatch(f -> f.match(name));
  }
}
