package dev.tethys.pipeline.receiver.creator;

import dev.tethys.config.YamlNode;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.operators.expr.Expression;
import dev.tethys.pipeline.operators.expr.ExpressionException;
import dev.tethys.pipeline.operators.expr.Shape;
import dev.tethys.pipeline.receiver.endpoint.Endpoint;
import dev.tethys.pipeline.receiver.endpoint.EndpointKind;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Rule that selects the endpoints of a template. It starts with the kind, so that the rest of the
 * rule, and the template, is checked against the fields of that kind.
 *
 * @param kinds endpoint kinds named by the rule
 * @param fields fields available on these kinds
 */
record EndpointRule(
    Set<EndpointKind> kinds, Shape.Fields fields, Expression<Attributes> condition) {
  private static final Pattern KIND = Pattern.compile("\\btype\\s*==\\s*([\"'])([^\"']*)\\1");

  static EndpointRule read(YamlNode n) {
    String text = n.asString().strip();
    Matcher m = KIND.matcher(text);
    if (!m.lookingAt()) {
      throw n.error(
          "a rule begins with the kind of endpoint, as in type == \"port\" && port == 6379; there"
              + " are: "
              + words());
    }
    Set<EndpointKind> kinds = new LinkedHashSet<>();
    do {
      String word = m.group(2);
      kinds.add(
          EndpointKind.of(word)
              .orElseThrow(
                  () ->
                      n.error(
                          "unknown kind of endpoint \""
                              + word
                              + "\"; it must be one of: "
                              + words())));
    } while (m.find());
    Shape.Fields fields = fields(kinds);
    try {
      return new EndpointRule(
          Collections.unmodifiableSet(kinds), fields, Expression.about(fields, text, true));
    } catch (ExpressionException e) {
      throw n.error("in the rule: " + e.getMessage());
    }
  }

  /** Fields of endpoints of these kinds. */
  private static Shape.Fields fields(Set<EndpointKind> kinds) {
    Map<String, Shape> all = new LinkedHashMap<>();
    kinds.forEach(k -> k.fields().fields().forEach((n, s) -> all.merge(n, s, Shape::both)));
    return new Shape.Fields(Collections.unmodifiableMap(all));
  }

  static String words() {
    return Arrays.stream(EndpointKind.values())
        .map(EndpointKind::word)
        .collect(Collectors.joining(", "));
  }

  /**
   * Whether the template is for an endpoint.
   *
   * @throws ExpressionException if that cannot be said
   */
  boolean matches(Endpoint e) {
    return kinds.contains(e.kind()) && condition.test(e.values());
  }
}
