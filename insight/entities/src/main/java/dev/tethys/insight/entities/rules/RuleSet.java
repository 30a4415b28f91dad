package dev.tethys.insight.entities.rules;

import dev.tethys.config.YamlDocument;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All rules in effect.
 *
 * @param merges entities that are one; the value is their name
 * @param categories the first that applies counts
 * @param names the first that applies counts
 */
public record RuleSet(
    List<InsightRule> rules,
    List<Selected> merges,
    List<Selected> categories,
    List<Selected> names) {
  /** Resource with the rules that are built in. */
  static final String DEFAULTS = "default-rules.yml";

  /** Returns the built-in rules. */
  public static RuleSet defaults() {
    return new RuleReader(null).read(YamlDocument.parse(DEFAULTS, null, resource()));
  }

  /**
   * Reads the built-in rules and those of a file. A rule of the file replaces a built-in one of the
   * same name; its categories and names come before those that are built in.
   *
   * @param file null for none
   * @throws dev.tethys.config.ConfigException if the file is not valid
   * @throws IOException if the file cannot be read
   */
  public static RuleSet read(@Nullable Path file) throws IOException {
    RuleSet defaults = defaults();
    return file == null ? defaults : of(YamlDocument.read(file), defaults);
  }

  static RuleSet of(YamlDocument document, RuleSet defaults) {
    return document.readWhole(() -> new RuleReader(defaults).read(document));
  }

  /** Joins this set with one that has priority. */
  RuleSet with(RuleSet own, List<String> disabled) {
    List<InsightRule> all = new ArrayList<>();
    for (InsightRule r : rules) {
      if (!disabled.contains(r.name())
          && own.rules.stream().noneMatch(o -> o.name().equals(r.name()))) {
        all.add(r);
      }
    }
    all.addAll(own.rules);
    return new RuleSet(
        List.copyOf(all),
        joined(own.merges, merges),
        joined(own.categories, categories),
        joined(own.names, names));
  }

  private static List<Selected> joined(List<Selected> first, List<Selected> second) {
    List<Selected> out = new ArrayList<>(first);
    out.addAll(second);
    return List.copyOf(out);
  }

  private static String resource() {
    try (InputStream in = RuleSet.class.getResourceAsStream(DEFAULTS)) {
      if (in == null) {
        throw new IllegalStateException(DEFAULTS + " is missing in the program");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(DEFAULTS + " cannot be read", e);
    }
  }
}
