package dev.tethys.config;

import java.util.IdentityHashMap;
import java.util.Map;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Count of the values that a document has after its aliases are expanded. A few lines of aliases of
 * aliases have billions ("billion laughs"), and a list that contains itself has no end.
 */
final class AliasCount {
  /** Number of values of a node with its children, and nesting depth of its lists and maps. */
  private record Size(long values, int depth) {}

  private static final Size OPEN = new Size(-1, 0);

  /** Characters of a text that count as a value. */
  private static final int TEXT = 64;

  private final String name;
  private final Map<Node, Size> known = new IdentityHashMap<>(); // with an anchor; OPEN inside
  private long written;

  /**
   * @param name name of the document in errors
   */
  AliasCount(String name) {
    this.name = name;
  }

  /**
   * Refuses a document whose aliases add more than {@link YamlDocument#MAX_REPEATED} values, or
   * nest lists and maps in more than {@link YamlDocument#MAX_DEPTH} levels.
   *
   * @throws ConfigException naming the place
   */
  void check(Node document) {
    size(document);
  }

  private Size size(Node n) {
    boolean anchored = n.getAnchor().isPresent(); // aliases lead to such nodes alone
    Size before = anchored ? known.putIfAbsent(n, OPEN) : null;
    if (before == OPEN) {
      throw refused(n, "yaml: a list or map contains itself by an alias");
    }
    if (before != null) {
      return before;
    }
    long own = n instanceof ScalarNode text ? 1 + text.getValue().length() / TEXT : 1;
    written += own;
    long sum = own;
    int depth = 0;
    if (n instanceof SequenceNode list) {
      for (Node item : list.getValue()) {
        Size s = size(item);
        sum += s.values;
        depth = Math.max(depth, s.depth);
      }
    } else if (n instanceof MappingNode map) {
      for (NodeTuple entry : map.getValue()) {
        Size key = size(entry.getKeyNode());
        Size value = size(entry.getValueNode());
        sum += key.values + value.values;
        depth = Math.max(depth, Math.max(key.depth, value.depth));
      }
    }
    depth += n instanceof ScalarNode ? 0 : 1;
    if (depth > YamlDocument.MAX_DEPTH) {
      throw refused(n, YamlDocument.TOO_DEEP);
    }
    if (sum - written > YamlDocument.MAX_REPEATED) {
      throw refused(
          n,
          "yaml: aliases repeat more than "
              + YamlDocument.MAX_REPEATED
              + " values; write fewer aliases of lists and maps that have aliases");
    }
    Size size = new Size(sum, depth);
    if (anchored) {
      known.put(n, size);
    }
    return size;
  }

  private ConfigException refused(Node at, String why) {
    return new ConfigException(
        at.getStartMark()
            .map(m -> YamlDocument.where(name, m.getLine(), m.getColumn()))
            .orElse(name),
        why);
  }
}
