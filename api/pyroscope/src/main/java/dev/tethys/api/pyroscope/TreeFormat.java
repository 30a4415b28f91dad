package dev.tethys.api.pyroscope;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.profiles.StackTree;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Tree of Pyroscope in bytes, {@code PROFILE_FORMAT_TREE}. Nodes depth first, the root without a
 * name first, each: uvarint length of the name, name in UTF-8, uvarint self value, uvarint number
 * of children. Small nodes of a parent are combined as in a {@link FlameGraph}.
 */
final class TreeFormat {
  /** Node to write; -1 for the combined one, whose value follows. */
  private record OpenNode(int node, long combined) {}

  private TreeFormat() {}

  /**
   * Encodes the first column of a tree.
   *
   * @param maxNodes maximum number of nodes to show apart; below 1 for all
   */
  static byte[] of(StackTree.Sorted tree, long maxNodes) {
    if (tree.size() == 1) {
      return new byte[0];
    }
    long least = FlameGraph.least(tree, maxNodes);
    ProtoWriter out = new ProtoWriter();
    Deque<OpenNode> open = new ArrayDeque<>();
    open.push(new OpenNode(0, 0));
    while (!open.isEmpty()) {
      OpenNode n = open.pop();
      if (n.node < 0) {
        node(out, FlameGraph.OTHER, n.combined, 0);
        continue;
      }
      List<OpenNode> children = children(tree, n.node, least);
      node(out, tree.names()[n.node], tree.self()[0][n.node], children.size());
      children.forEach(open::push);
    }
    return out.toByteArray();
  }

  private static List<OpenNode> children(StackTree.Sorted tree, int parent, long least) {
    List<OpenNode> out = new ArrayList<>();
    long combined = 0;
    for (int i = tree.first()[parent]; i < tree.first()[parent + 1]; i++) {
      int child = tree.children()[i];
      long total = tree.total()[0][child];
      if (total >= least && !tree.names()[child].equals(FlameGraph.OTHER)) {
        out.add(new OpenNode(child, 0));
      } else {
        combined += total;
      }
    }
    if (combined != 0) {
      out.add(new OpenNode(-1, combined));
    }
    return out;
  }

  private static void node(ProtoWriter out, String name, long self, int children) {
    byte[] text = name.getBytes(StandardCharsets.UTF_8);
    out.varint(text.length).raw(text, 0, text.length).varint(self).varint(children);
  }
}
