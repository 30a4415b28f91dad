package dev.tethys.control.validation;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlLayers;
import dev.tethys.config.YamlNode;
import dev.tethys.control.text.Texts;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.config.PrintedConfig;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Validation of configurations by the reader of the running graph. References to variables and
 * files of agents cannot be resolved here: nothing of this machine is read for a configuration.
 */
public final class GraphValidator {
  public static final String VALID = "valid";

  private static final String NOT_READ =
      "; the secrets of a text that cannot be read as one YAML document cannot be found, and it is"
          + " not stored, with \"validate\": false neither";

  private static final String HOLDS_SECRET =
      " holds a secret, or a part of one, and versions are shown: write the whole value as a"
          + " reference such as ${env:NAME} or ${file:PATH}, which the agent resolves";

  /** Values for variables of the agents, one after another, until one is accepted. */
  private static final List<String> VALUES =
      List.of("", "1", "1s", "127.0.0.1:1", "http://127.0.0.1:1");

  private final Components components;

  public GraphValidator(Components components) {
    this.components = components;
  }

  /**
   * Validates a text.
   *
   * @return {@link #VALID}, or why only an agent can decide
   * @throws ConfigException if the text is invalid for every agent
   */
  String check(String name, String text) {
    return read(name, text).validation;
  }

  /**
   * Rejects secrets in the text: versions are visible to all users with access to their agents, are
   * exported, and are never deleted. A text that cannot be searched is rejected as well.
   *
   * @throws ConfigException for the first error, with the number of others, or if the text is not a
   *     single YAML document with a map
   */
  void refuseSecrets(String name, String text) {
    List<YamlNode> secrets;
    try {
      secrets =
          PrintedConfig.literalSecrets(YamlDocument.parseSingle(name, text).root(), components);
    } catch (ConfigException e) {
      throw new ConfigException("", e.getMessage() + NOT_READ);
    }
    if (!secrets.isEmpty()) {
      YamlNode first = secrets.getFirst();
      throw first.error(
          first.path()
              + HOLDS_SECRET
              + (secrets.size() > 1
                  ? "; "
                      + Texts.counted(secrets.size() - 1, "further value")
                      + (secrets.size() == 2 ? " does" : " do")
                      + " so as well"
                  : ""));
    }
  }

  /**
   * Configuration read with sample values for agent variables.
   *
   * @param config null if only an agent can decide
   */
  public record Read(String validation, @Nullable GraphConfig config) {}

  /** Reads a text; errors as for {@link #check}. */
  public Read read(String name, String text) {
    Set<String> open = new LinkedHashSet<>();
    String undecided = "";
    for (String value : VALUES) {
      try {
        GraphConfig config = read(name, text, value, open);
        return new Read(
            open.isEmpty() ? VALID : "valid where " + variables(open) + " of the agents fit",
            config);
      } catch (ConfigException e) {
        String message = String.valueOf(e.getMessage());
        List<String> definite = message.lines().filter(m -> !isOfVariable(name, text, m)).toList();
        if (open.isEmpty()) {
          throw e;
        }
        if (!definite.isEmpty()) {
          throw new ConfigException("", String.join("\n", definite));
        }
        undecided = undecided.isEmpty() ? message : undecided;
      }
    }
    return new Read(
        "not validated: it depends on "
            + variables(open)
            + " of the agents: "
            + Texts.shortened(undecided, 500),
        null);
  }

  private static String variables(Set<String> open) {
    return Texts.shortened(String.join(", ", open), 200);
  }

  /** Whether an error is in a line whose text is known only at the agents. */
  private static boolean isOfVariable(String name, String text, String message) {
    Matcher m = Pattern.compile(Pattern.quote(name) + ":(\\d+):\\d+: ").matcher(message);
    if (!m.lookingAt()) {
      return true;
    }
    List<String> lines = text.lines().toList();
    int line = Integer.parseInt(m.group(1));
    return line > lines.size() || lines.get(line - 1).contains("${");
  }

  private GraphConfig read(String name, String text, String value, Set<String> open) {
    YamlLayers.Source variable =
        argument -> {
          int dash = argument.indexOf(":-");
          if (dash >= 0) {
            return argument.substring(dash + 2);
          }
          open.add(argument);
          return value;
        };
    YamlLayers.Source elsewhere =
        argument -> {
          open.add(argument);
          return value;
        };
    YamlLayers layers =
        new YamlLayers(
            Map.of(
                "env", variable,
                "file", elsewhere,
                "http", elsewhere,
                "https", elsewhere,
                "yaml", t -> t));
    return GraphConfig.read(layers.add(name, text).document().splittingTexts(), components, true);
  }
}
