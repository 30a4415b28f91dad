package dev.tethys.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Configuration built by a program from maps, lists and scalars, including nodes of files. It is
 * read without being written first, so that values keep their types and errors name the file or
 * flag a value came from.
 */
public final class YamlTree {
  /**
   * A value and its location for error messages.
   *
   * @param place such as {@code --es.timeout}
   */
  public record Placed(Object value, String place) {
    @Override
    public String toString() {
      return value.toString();
    }
  }

  /** Text written without quotes and escapes. */
  record Plain(String text) {
    @Override
    public String toString() {
      return text;
    }
  }

  private YamlTree() {}

  /**
   * Returns the tree as a document.
   *
   * @param place position in errors for nodes without a {@link Placed}
   */
  public static YamlDocument document(Map<String, ? extends @Nullable Object> tree, String place) {
    List<YamlDocument> included = new ArrayList<>();
    YamlDocument d = YamlDocument.of(place, node(tree, mark(place), included));
    included.forEach(d::include);
    return d;
  }

  private static Optional<Mark> mark(String place) {
    return Optional.of(new Mark(place, 0, -1, -1, new int[0], 0));
  }

  private static Node node(@Nullable Object value, Optional<Mark> at, List<YamlDocument> included) {
    return switch (value) {
      case null -> scalar("null", ScalarStyle.PLAIN, at);
      case Placed p -> node(p.value, mark(p.place), included);
      case YamlNode n -> {
        included.add(n.document());
        Node own = n.node();
        yield own == null ? scalar("null", ScalarStyle.PLAIN, at) : own;
      }
      case Map<?, ?> m -> {
        List<NodeTuple> out = new ArrayList<>();
        m.forEach(
            (k, v) -> {
              if (v != null) {
                out.add(
                    new NodeTuple(
                        scalar(String.valueOf(k), ScalarStyle.DOUBLE_QUOTED, at),
                        node(v, at, included)));
              }
            });
        yield new MappingNode(Tag.MAP, true, out, FlowStyle.BLOCK, at, at);
      }
      case Collection<?> c -> {
        List<Node> out = new ArrayList<>();
        c.forEach(v -> out.add(node(v, at, included)));
        yield new SequenceNode(Tag.SEQ, true, out, FlowStyle.BLOCK, at, at);
      }
      case Number n -> scalar(n.toString(), ScalarStyle.PLAIN, at);
      case Boolean b -> scalar(b.toString(), ScalarStyle.PLAIN, at);
      // Parses flag text like a value in a file: a duration, a number, a boolean.
      case Plain p -> scalar(p.text, ScalarStyle.PLAIN, at);
      default -> scalar(value.toString(), ScalarStyle.DOUBLE_QUOTED, at);
    };
  }

  private static ScalarNode scalar(String text, ScalarStyle style, Optional<Mark> at) {
    return new ScalarNode(Tag.STR, true, text, style, at, at);
  }

  /**
   * Returns the tree for {@link YamlWriter}: nodes of files become typed values, and paths read
   * from them become absolute.
   *
   * @param document created from the tree, {@link YamlDocument#recordingPaths recording paths}
   * @param strings rewrites every string
   */
  public static Map<String, @Nullable Object> written(
      Map<String, ? extends @Nullable Object> tree,
      YamlDocument document,
      UnaryOperator<String> strings) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    tree.forEach((k, v) -> out.put(k, v == null ? null : plain(v, document, strings)));
    return out;
  }

  private static Object plain(
      @Nullable Object value, YamlDocument document, UnaryOperator<String> strings) {
    return switch (value) {
      case null -> new Plain("null");
      case Placed p -> plain(p.value, document, strings);
      case YamlNode n when n.isList() ->
          n.items().stream().map(i -> plain(i, document, strings)).toList();
      case YamlNode n when n.isMap() -> {
        Map<String, Object> out = new LinkedHashMap<>();
        n.entries().forEach((k, e) -> out.put(k, plain(e.value(), document, strings)));
        yield out;
      }
      case YamlNode n when n.isNull() -> new Plain("null");
      case YamlNode n -> {
        Node own = n.node();
        String path = own == null ? null : document.path(own);
        yield n.isSpecial()
            ? new Plain(n.asString())
            : strings.apply(path == null ? n.asString() : path);
      }
      case Map<?, ?> m -> {
        Map<String, Object> out = new LinkedHashMap<>();
        m.forEach(
            (k, v) -> {
              if (v != null) {
                out.put(String.valueOf(k), plain(v, document, strings));
              }
            });
        yield out;
      }
      case Collection<?> c -> c.stream().map(v -> plain(v, document, strings)).toList();
      case String s -> strings.apply(s);
      default -> value;
    };
  }
}
