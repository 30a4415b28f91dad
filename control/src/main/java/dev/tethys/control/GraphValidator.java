package dev.tethys.control;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlLayers;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.grammar.GraphConfig;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Validation of configurations by the reader of the running graph. References to variables and
 * files of agents cannot be resolved here: nothing of this machine is read for a configuration.
 */
final class GraphValidator {
  static final String VALID = "valid";

  private final Components components;

  GraphValidator(Components components) {
    this.components = components;
  }

  /**
   * Validates a text.
   *
   * @return {@link #VALID}, or why only an agent can decide
   * @throws ConfigException where the text is wrong for every agent
   */
  String check(String name, String text) {
    Set<String> open = new LinkedHashSet<>();
    YamlLayers.Source nothing =
        argument -> {
          int dash = argument.indexOf(":-");
          if (dash >= 0) {
            return argument.substring(dash + 2);
          }
          open.add(argument);
          return "";
        };
    YamlLayers.Source elsewhere =
        argument -> {
          open.add(argument);
          return "";
        };
    YamlLayers layers =
        new YamlLayers(
            Map.of(
                "env", nothing,
                "file", elsewhere,
                "http", elsewhere,
                "https", elsewhere,
                "yaml", t -> t));
    try {
      GraphConfig.read(layers.add(name, text).document().splittingTexts(), components, false);
      return VALID;
    } catch (ConfigException e) {
      if (open.isEmpty()) {
        throw e;
      }
      return "not validated: it depends on "
          + Texts.shortened(String.join(", ", open), 200)
          + " of the agents: "
          + Texts.shortened(String.valueOf(e.getMessage()), 500);
    }
  }
}
