package dev.tethys.pipeline.operators;

import dev.tethys.config.NameSuggestion;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Operator as configured, with everything compiled.
 *
 * @param outputs ids to which its action itself sends entries, such as routes
 * @param node its position
 */
public record OperatorConfig(
    String type, Operator.Common common, Maker maker, List<String> outputs, YamlNode node) {
  /** Creates the action of one running chain. */
  @FunctionalInterface
  interface Maker {
    /**
     * Creates the action.
     *
     * @param targets sinks by id
     */
    Operator.Action make(Map<String, Sink> targets);
  }

  /** A list of operators. */
  public static final Type<List<OperatorConfig>> LIST =
      Type.list(Type.of("operator", null, OperatorConfig::read));

  private static OperatorConfig read(YamlNode n) {
    YamlNode.Entry type = n.entries().get("type");
    if (type == null || type.value().isNull()) {
      throw n.error("an operator requires a type, such as json_parser");
    }
    String t = type.value().asString();
    OperatorTypes.Reader r = OperatorTypes.ALL.get(t);
    if (r == null) {
      String nearest = NameSuggestion.of(t, OperatorTypes.ALL.keySet());
      throw type.value()
          .error(
              "there is no operator \""
                  + t
                  + "\""
                  + (nearest == null ? "" : ", did you mean \"" + nearest + "\"?")
                  + "; expected one of: "
                  + String.join(", ", new TreeSet<>(OperatorTypes.ALL.keySet())));
    }
    return r.read(t, n);
  }

  static OperatorConfig of(
      String type, Operator.Common common, YamlNode node, Supplier<Operator.Action> action) {
    return new OperatorConfig(type, common, _ -> action.get(), List.of(), node);
  }
}
