package dev.tethys.codec.json.tree;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Extracts the values at given key paths from JSON objects in one pass over the text; the rest is
 * validated but not built.
 */
public final class JsonPaths {
  private static final class Node {
    String[] keys = {};
    Node[] children = {};
    int[] slots = {}; // where the value at this place goes

    Node child(String key) {
      int i = Arrays.asList(keys).indexOf(key);
      if (i >= 0) {
        return children[i];
      }
      keys = Arrays.copyOf(keys, keys.length + 1);
      children = Arrays.copyOf(children, children.length + 1);
      keys[keys.length - 1] = key;
      Node made = new Node();
      children[children.length - 1] = made;
      return made;
    }

    void forget(@Nullable Object[] values) {
      for (int s : slots) {
        values[s] = null;
      }
      for (Node c : children) {
        c.forget(values);
      }
    }

    void fill(@Nullable Object value, @Nullable Object[] values) {
      for (int s : slots) {
        values[s] = value;
      }
      for (int i = 0; i < keys.length; i++) {
        children[i].fill(value instanceof Map<?, ?> m ? m.get(keys[i]) : null, values);
      }
    }
  }

  private final Node root = new Node();
  private final int size;

  /**
   * Prepares paths.
   *
   * @param paths each at least one key long
   */
  public JsonPaths(List<List<String>> paths) {
    size = paths.size();
    List<List<String>> all = new ArrayList<>(paths);
    for (int i = 0; i < size; i++) {
      Node n = root;
      for (String key : all.get(i)) {
        n = n.child(key);
      }
      n.slots = Arrays.copyOf(n.slots, n.slots.length + 1);
      n.slots[n.slots.length - 1] = i;
    }
  }

  /**
   * Reads an object, or null.
   *
   * @return the values by the position of their paths, null for missing ones
   * @throws MalformedJsonException if it is neither
   */
  public @Nullable Object[] read(String text) throws MalformedJsonException {
    @Nullable Object[] values = new @Nullable Object[size];
    JsonReader r = new JsonReader(text);
    switch (r.peek()) {
      case '{' -> object(r, root, values, 0);
      case 'n' -> r.skip(0);
      default -> throw MalformedJsonException.INSTANCE;
    }
    r.end();
    return values;
  }

  private static void object(JsonReader r, Node node, @Nullable Object[] values, int depth)
      throws MalformedJsonException {
    r.take('{');
    if (r.takeIf('}')) {
      return;
    }
    do {
      int i = r.key(node.keys);
      r.take(':');
      if (i < 0) {
        r.skip(depth + 1);
        continue;
      }
      Node child = node.children[i];
      child.forget(values); // the last of equal keys counts
      if (child.slots.length > 0) {
        child.fill(r.value(depth + 1), values);
      } else if (r.peek() == '{') {
        object(r, child, values, depth + 1);
      } else {
        r.skip(depth + 1);
      }
    } while (r.takeIf(','));
    r.take('}');
  }
}
