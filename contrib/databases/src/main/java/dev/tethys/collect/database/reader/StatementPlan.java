package dev.tethys.collect.database.reader;

import com.google.re2j.Pattern;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Execution plan of a statement without literals.
 *
 * @param hash of the shape of the plan: operations, tables, indexes and conditions, without costs
 *     and numbers of rows
 * @param json indented; flags that are false are left out
 */
public record StatementPlan(String hash, String json) {
  /** Most characters of a plan. */
  public static final int MAX_LENGTH = 64 << 10;

  /** Most characters of a server's answer. */
  public static final int MAX_ANSWER = 1 << 20;

  private static final int MAX_NESTING = 200;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_NESTING).build())
                  .build())
          .build();

  /** Keys whose values are names of objects, which may hold digits and quotes. */
  private static final Set<String> NAMES =
      Set.of(
          "Node Type",
          "Relation Name",
          "Schema",
          "Alias",
          "Index Name",
          "CTE Name",
          "Function Name",
          "Subplan Name",
          "Operation",
          "Join Type",
          "Strategy",
          "table_name",
          "schema_name",
          "index_name",
          "key",
          "possible_keys",
          "used_key_parts",
          "used_columns",
          "partitions",
          "access_type",
          "json_schema_version");

  private static final Pattern STRING =
      Pattern.compile("'(?:[^'\\\\]|\\\\.|'')*'|'.*$", Pattern.DOTALL);
  private static final Pattern NUMBER =
      Pattern.compile("(^|[^\\w$.`\"])-?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?\\b");
  private static final Pattern FIGURE = Pattern.compile("-?[0-9.]+(?:[eE][+-]?[0-9]+)?[KMGTP]?");

  /**
   * Reads a plan in JSON.
   *
   * @throws IllegalArgumentException if it is not JSON, or too large
   */
  public static StatementPlan of(String answer) {
    if (answer.length() > MAX_ANSWER) {
      throw new IllegalArgumentException("the plan has more than " + MAX_ANSWER + " characters");
    }
    JsonNode tree;
    try {
      tree = JSON.readTree(answer);
    } catch (JacksonException e) {
      throw new IllegalArgumentException("the plan is not JSON: " + e.getOriginalMessage(), e);
    }
    if (tree.isArray() && tree.size() == 1) {
      tree = tree.get(0);
    }
    if (!tree.isObject()) {
      throw new IllegalArgumentException("the plan is not a JSON object");
    }
    JsonNode clean = clean(tree, "");
    StringBuilder shape = new StringBuilder();
    shape(clean, shape);
    String json = clean.toPrettyString();
    if (json.length() > MAX_LENGTH) {
      json = json.substring(0, MAX_LENGTH) + "\n… cut at " + MAX_LENGTH + " characters";
    }
    return new StatementPlan(StatementText.fingerprint(shape.toString()), json);
  }

  /** Replaces literals and removes flags that are false. */
  private static JsonNode clean(JsonNode n, String key) {
    JsonNodeFactory f = JsonNodeFactory.instance;
    if (n instanceof ObjectNode o) {
      ObjectNode out = f.objectNode();
      for (Map.Entry<String, JsonNode> e : o.properties()) {
        if (!(e.getValue().isBoolean() && !e.getValue().booleanValue())) {
          out.set(e.getKey(), clean(e.getValue(), e.getKey()));
        }
      }
      return out;
    }
    if (n instanceof ArrayNode a) {
      ArrayNode out = f.arrayNode();
      for (JsonNode one : a) {
        out.add(clean(one, key));
      }
      return out;
    }
    return n.isString() && !NAMES.contains(key) ? f.stringNode(withoutLiterals(n.asString())) : n;
  }

  /** Expression whose strings and numbers are {@code ?}; a text that is a figure stays. */
  public static String withoutLiterals(String expression) {
    if (FIGURE.matcher(expression).matches()) {
      return expression;
    }
    String s = STRING.matcher(expression).replaceAll("?");
    return NUMBER.matcher(s).replaceAll("$1?");
  }

  private static void shape(JsonNode n, StringBuilder to) {
    if (n instanceof ObjectNode o) {
      to.append('{');
      for (Map.Entry<String, JsonNode> e : o.properties()) {
        if (!isFigure(e.getValue())) {
          to.append(e.getKey()).append(':');
          shape(e.getValue(), to);
        }
      }
      to.append('}');
    } else if (n instanceof ArrayNode a) {
      to.append('[');
      a.forEach(one -> shape(one, to));
      to.append(']');
    } else if (!isFigure(n)) {
      to.append(n.asString()).append(',');
    }
  }

  private static boolean isFigure(JsonNode n) {
    return n.isNumber() || n.isString() && FIGURE.matcher(n.asString()).matches();
  }
}
