package dev.tethys.config;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Merges several YAML texts into one configuration, by the rules of the OpenTelemetry Collector.
 *
 * <p>{@code ${…}} in values is replaced, {@code $$} is one dollar, {@code a::b} in a key nests.
 * Each text overrides the earlier ones: maps key by key, other values as a whole. Every value keeps
 * the position of its text; a substituted value has the position of its {@code ${…}}.
 */
public final class YamlLayers {
  /** Maximum nesting depth of inserted text that itself contains references. */
  private static final int MAX_NESTING = 20;

  /** Maximum number of inserted values, so that a small text stays small in memory. */
  private static final int MAX_INSERTED = 10_000;

  private static final String DELIMITER = "::";
  private static final Pattern SCHEME =
      Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:.*", Pattern.DOTALL);
  private static final Pattern VARIABLE = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  /** Resolves {@code ${scheme:argument}}. */
  @FunctionalInterface
  public interface Source {
    /**
     * Returns the text.
     *
     * @param argument the text after the scheme
     * @throws IOException if it is not available
     * @throws IllegalArgumentException with the problem of the argument
     */
    String text(String argument) throws IOException;
  }

  private final Map<String, Source> sources;
  private final boolean expands;
  private final Set<String> references = new HashSet<>();
  private @Nullable Node merged;
  private final Map<Node, String> originals = new IdentityHashMap<>();
  private int inserted;

  /**
   * Creates empty layers.
   *
   * @param sources sources by scheme; {@code env} also resolves {@code ${NAME}}
   */
  public YamlLayers(Map<String, Source> sources) {
    this(sources, true);
  }

  private YamlLayers(Map<String, Source> sources, boolean expands) {
    this.sources = Map.copyOf(sources);
    this.expands = expands;
  }

  /** Creates empty layers for texts whose {@code ${…}} stay unchanged. */
  public static YamlLayers unexpanded() {
    return new YamlLayers(Map.of(), false);
  }

  /**
   * Returns the positions of values that contain {@code ${…}}, as shown in errors: {@code
   * file:line:column}.
   */
  public Set<String> references() {
    return Set.copyOf(references);
  }

  /** Overlays a text on the current tree. */
  public YamlLayers add(String name, String text) {
    Node n = YamlDocument.compose(name, text);
    if (n != null) {
      Node e = expand(n, 0);
      merged = merged == null ? e : merge(merged, e);
    }
    return this;
  }

  /**
   * Overlays a single value on the current tree.
   *
   * @param assignment {@code path.to.key=value}, the value in YAML
   */
  public YamlLayers set(String assignment) {
    int eq = assignment.indexOf('=');
    if (eq < 1) {
      throw new ConfigException(
          "--set " + assignment, "must be path.to.key=value, with dots between the keys");
    }
    String[] keys = assignment.substring(0, eq).strip().split("\\.", -1);
    StringBuilder sb = new StringBuilder();
    int depth = 0;
    for (String k : keys) {
      if (k.isEmpty()) {
        throw new ConfigException("--set " + assignment, "a key between the dots is empty");
      }
      sb.append("{\"").append(k.replace("\\", "\\\\").replace("\"", "\\\"")).append("\": ");
      depth++;
    }
    String value = assignment.substring(eq + 1);
    sb.append(value.isBlank() ? "\"\"" : value).append("}".repeat(depth));
    return add("--set " + assignment.substring(0, eq), sb.toString());
  }

  /** Returns the merged document; its root is a null node if there is nothing. */
  public YamlDocument document() {
    return YamlDocument.of("configuration", merged).withOriginals(originals);
  }

  /** Returns the root. */
  public YamlNode root() {
    return document().root();
  }

  private Node merge(Node under, Node over) {
    if (!(under instanceof MappingNode a) || !(over instanceof MappingNode b)) {
      return over;
    }
    List<NodeTuple> out = new ArrayList<>();
    Map<String, Node> later = new LinkedHashMap<>();
    for (NodeTuple t : b.getValue()) {
      if (t.getKeyNode() instanceof ScalarNode k) {
        later.putIfAbsent(k.getValue(), t.getValueNode());
      }
    }
    Map<String, Boolean> seen = new LinkedHashMap<>();
    for (NodeTuple t : a.getValue()) {
      if (t.getKeyNode() instanceof ScalarNode k && later.containsKey(k.getValue())) {
        Node v = later.get(k.getValue());
        out.add(new NodeTuple(keyOf(b, k), merge(t.getValueNode(), v)));
        seen.put(k.getValue(), true);
      } else {
        out.add(t);
      }
    }
    for (NodeTuple t : b.getValue()) {
      // A duplicate key in one text is kept twice, so that the reader rejects it.
      if (!(t.getKeyNode() instanceof ScalarNode k) || seen.remove(k.getValue()) == null) {
        out.add(t);
      }
    }
    return mapping(b, out);
  }

  private static Node keyOf(MappingNode m, ScalarNode key) {
    for (NodeTuple t : m.getValue()) {
      if (t.getKeyNode() instanceof ScalarNode k && k.getValue().equals(key.getValue())) {
        return k;
      }
    }
    return key;
  }

  private static MappingNode mapping(Node at, List<NodeTuple> tuples) {
    return new MappingNode(
        Tag.MAP, true, tuples, FlowStyle.BLOCK, at.getStartMark(), at.getEndMark());
  }

  private Node expand(Node n, int depth) {
    return switch (n) {
      case MappingNode m -> {
        List<NodeTuple> out = new ArrayList<>(m.getValue().size());
        for (NodeTuple t : m.getValue()) {
          nest(t.getKeyNode(), expand(t.getValueNode(), depth), out);
        }
        yield mapping(m, out);
      }
      case SequenceNode s -> {
        List<Node> out = new ArrayList<>(s.getValue().size());
        for (Node i : s.getValue()) {
          out.add(expand(i, depth));
        }
        yield new SequenceNode(
            s.getTag(), true, out, s.getFlowStyle(), s.getStartMark(), s.getEndMark());
      }
      case ScalarNode s -> !expands || s.getValue().indexOf('$') < 0 ? s : scalar(s, depth);
      default -> n;
    };
  }

  /** Nests a key: {@code a::b: v} is {@code a: {b: v}}. */
  private void nest(Node key, Node value, List<NodeTuple> out) {
    if (!(key instanceof ScalarNode k) || !k.getValue().contains(DELIMITER)) {
      out.add(new NodeTuple(key, value));
      return;
    }
    String[] parts = k.getValue().split(DELIMITER, -1);
    Node v = value;
    for (int i = parts.length - 1; i > 0; i--) {
      v = mapping(key, List.of(new NodeTuple(plain(k, parts[i], k.getScalarStyle()), v)));
    }
    Node first = plain(k, parts[0], k.getScalarStyle());
    for (int i = 0; i < out.size(); i++) {
      if (out.get(i).getKeyNode() instanceof ScalarNode o && o.getValue().equals(parts[0])) {
        out.set(i, new NodeTuple(first, merge(out.get(i).getValueNode(), v)));
        return;
      }
    }
    out.add(new NodeTuple(first, v));
  }

  private static ScalarNode plain(Node at, String text, ScalarStyle style) {
    return new ScalarNode(Tag.STR, true, text, style, at.getStartMark(), at.getEndMark());
  }

  private Node scalar(ScalarNode s, int depth) {
    String text = s.getValue();
    if (text.replace("$$", "").contains("${")) {
      references.add(where(s));
    }
    if (text.startsWith("${") && closing(text, 0) == text.length() - 1) {
      return substituted(
          s, resolve(s, inner(s, text.substring(2, text.length() - 1), depth), depth), depth);
    }
    String put = inner(s, text, depth);
    boolean changed = text.replace("$$", "").contains("${");
    return plain(s, put, changed ? ScalarStyle.SINGLE_QUOTED : s.getScalarStyle());
  }

  /**
   * Returns the value of a text that consists of a single reference. The text is kept in addition
   * to a list, a map, and a scalar that YAML reads as another text, for readers of strings.
   */
  private Node substituted(ScalarNode at, String found, int depth) {
    String one = found.endsWith("\n") ? found.substring(0, found.length() - 1) : found;
    if (one.startsWith("${") && closing(one, 0) == one.length() - 1) {
      return scalar(plain(at, one, ScalarStyle.PLAIN), depth + 1);
    }
    Node n;
    try {
      n = YamlDocument.compose(where(at), found);
    } catch (ConfigException e) {
      n = null; // not YAML: used unchanged
    }
    if (n instanceof MappingNode || n instanceof SequenceNode) {
      Node all = expand(moved(n, at), depth + 1);
      keep(all, textOf(at, one, depth + 1));
      return all;
    }
    if (n instanceof ScalarNode v
        && v.getScalarStyle() == ScalarStyle.PLAIN
        && (PlainScalar.isNull(v.getValue()) || PlainScalar.value(v.getValue(), true) != null)) {
      ScalarNode typed = plain(at, v.getValue(), ScalarStyle.PLAIN);
      if (!PlainScalar.isNull(v.getValue()) && !v.getValue().equals(one)) {
        keep(typed, one);
      }
      return typed;
    }
    String text = inner(at, one, depth + 1);
    return plain(at, text, text.isEmpty() ? ScalarStyle.PLAIN : ScalarStyle.SINGLE_QUOTED);
  }

  /** Returns the text with all references replaced, or unchanged if that is not possible. */
  private String textOf(ScalarNode at, String text, int depth) {
    try {
      return inner(at, text, depth);
    } catch (ConfigException e) {
      return text;
    }
  }

  private void keep(Node n, String text) {
    originals.put(n, text);
  }

  /** Assigns the position of its reference to an inserted node. */
  private static Node moved(Node n, Node at) {
    return switch (n) {
      case MappingNode m -> {
        List<NodeTuple> out = new ArrayList<>();
        for (NodeTuple t : m.getValue()) {
          out.add(new NodeTuple(moved(t.getKeyNode(), at), moved(t.getValueNode(), at)));
        }
        yield mapping(at, out);
      }
      case SequenceNode s ->
          new SequenceNode(
              s.getTag(),
              true,
              s.getValue().stream().map(i -> moved(i, at)).toList(),
              s.getFlowStyle(),
              at.getStartMark(),
              at.getEndMark());
      case ScalarNode s ->
          new ScalarNode(
              s.getTag(),
              true,
              s.getValue(),
              s.getScalarStyle(),
              at.getStartMark(),
              at.getEndMark());
      default -> n;
    };
  }

  /** Returns the text with all references replaced by text. */
  private String inner(ScalarNode at, String text, int depth) {
    if (depth > MAX_NESTING) {
      throw error(at, "inserted values refer to each other in a cycle");
    }
    StringBuilder sb = new StringBuilder(text.length());
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      if (c != '$' || i + 1 == text.length()) {
        sb.append(c);
        i++;
      } else if (text.charAt(i + 1) == '$') {
        sb.append('$');
        i += 2;
      } else if (text.charAt(i + 1) == '{') {
        int end = closing(text, i);
        if (end < 0) {
          throw error(at, "\"${\" has no \"}\"; write $${ for the characters themselves");
        }
        String found = resolve(at, inner(at, text.substring(i + 2, end), depth), depth);
        sb.append(inner(at, found.endsWith("\n") ? found.strip() : found, depth + 1));
        i = end + 1;
      } else {
        sb.append(c);
        i++;
      }
    }
    return sb.toString();
  }

  private static int closing(String text, int open) {
    int depth = 0;
    for (int i = open; i < text.length(); i++) {
      if (text.startsWith("${", i)) {
        depth++;
        i++;
      } else if (text.charAt(i) == '}' && --depth == 0) {
        return i;
      }
    }
    return -1;
  }

  private String resolve(ScalarNode at, String asked, int depth) {
    if (depth > MAX_NESTING || ++inserted > MAX_INSERTED) {
      throw error(at, "inserted values refer to each other in a cycle");
    }
    String scheme = "env";
    String argument = asked;
    if (SCHEME.matcher(asked).matches() && !asked.matches("[a-zA-Z_][a-zA-Z0-9_]*:-.*")) {
      int colon = asked.indexOf(':');
      scheme = asked.substring(0, colon);
      argument = scheme.startsWith("http") ? asked : asked.substring(colon + 1);
    } else if (!VARIABLE.matcher(asked.split(":-", 2)[0]).matches()) {
      throw error(
          at,
          "\"${"
              + asked
              + "}\" is not a valid variable name: use letters, digits and _, not starting with a"
              + " digit");
    }
    Source source = sources.get(scheme);
    if (source == null) {
      throw error(
          at,
          "\"${"
              + asked
              + "}\": unknown source \""
              + scheme
              + "\"; expected one of: "
              + String.join(", ", sources.keySet().stream().sorted().toList()));
    }
    try {
      return source.text(argument);
    } catch (IOException | IllegalArgumentException e) {
      throw error(at, "\"${" + asked + "}\": " + e.getMessage());
    }
  }

  private static String where(Node n) {
    return n.getStartMark()
        .map(m -> m.getName() + ":" + (m.getLine() + 1) + ":" + (m.getColumn() + 1))
        .orElse("configuration");
  }

  private static ConfigException error(Node at, String problem) {
    return new ConfigException(where(at), problem);
  }
}
