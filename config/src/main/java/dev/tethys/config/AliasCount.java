package dev.tethys.config;

import java.util.IdentityHashMap;
import java.util.Map;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Count of the values that a document has once its aliases are read where they stand. A few lines
 * of aliases of aliases have billions ("billion laughs"), and a list that contains itself has no
 * end.
 */
final class AliasCount {
  private static final long OPEN = -1;

  /** Characters of a text that count as a value. */
  private static final int TEXT = 64;

  private final String name;
  private final Map<Node, Long> known = new IdentityHashMap<>(); // with an anchor; OPEN inside
  private long written;

  /**
   * @param name what errors call the document
   */
  AliasCount(String name) {
    this.name = name;
  }

  /**
   * Refuses a document whose aliases add more than {@link YamlDocument#MAX_REPEATED} values.
   *
   * @throws ConfigException naming the place
   */
  void check(Node document) {
    values(document);
  }

  private long values(Node n) {
    boolean anchored = n.getAnchor().isPresent(); // aliases lead to such nodes alone
    Long before = anchored ? known.putIfAbsent(n, OPEN) : null;
    if (before != null && before == OPEN) {
      throw refused(n, "a list or map contains itself by an alias");
    }
    if (before != null) {
      return before;
    }
    long own = n instanceof ScalarNode text ? 1 + text.getValue().length() / TEXT : 1;
    written += own;
    long sum = own;
    if (n instanceof SequenceNode list) {
      for (Node item : list.getValue()) {
        sum += values(item);
      }
    } else if (n instanceof MappingNode map) {
      for (NodeTuple entry : map.getValue()) {
        sum += values(entry.getKeyNode()) + values(entry.getValueNode());
      }
    }
    if (sum - written > YamlDocument.MAX_REPEATED) {
      throw refused(
          n,
          "aliases repeat more than "
              + YamlDocument.MAX_REPEATED
              + " values; write fewer aliases of lists and maps that have aliases");
    }
    if (anchored) {
      known.put(n, sum);
    }
    return sum;
  }

  private ConfigException refused(Node at, String why) {
    return new ConfigException(
        at.getStartMark()
            .map(m -> YamlDocument.where(name, m.getLine(), m.getColumn()))
            .orElse(name),
        "yaml: " + why);
  }
}
