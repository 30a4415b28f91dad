package dev.tethys.model.profiles;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Merges the stacks of profiles into a {@link StackTree}. The values of a segment are added up by
 * node first, so that memory depends on the number of distinct stacks and not of profiles. Not
 * thread-safe.
 */
public final class StackMerge implements ProfileReader {
  /** Key of the attribute with the span that a sample belongs to. */
  public static final String SPAN_ID = "span_id";

  /** Key of a span in profiles of Pyroscope's SDKs for Java and others. */
  public static final String PROFILE_ID = "profile_id";

  /** Key of the attribute with the trace that a sample belongs to. */
  public static final String TRACE_ID = "trace_id";

  private final StackTree tree;
  private final int column;
  private final List<String> callSite;
  private final Map<String, Set<String>> attributes;
  private ProfileSymbols symbols = new ProfileSymbolTable().view();
  private long[] values = {};
  private byte[] matches = {}; // by set of attributes: 1 selected, 2 not

  /**
   * @param callSite names of the outermost frames that a stack must have; empty for all stacks
   * @param attributes by key, the accepted strings, one of which a sample must have, such as those
   *     of {@link #SPAN_ID}; empty for all samples
   */
  public StackMerge(
      StackTree tree, int column, List<String> callSite, Map<String, Set<String>> attributes) {
    this.tree = tree;
    this.column = column;
    this.callSite = List.copyOf(callSite);
    this.attributes = Map.copyOf(attributes);
  }

  @Override
  public boolean needsSamples() {
    return true;
  }

  @Override
  public void begin(ProfileSymbols of) {
    symbols = of;
    int n = of.nodes().count();
    if (values.length < n) {
      values = new long[n];
    } else {
      Arrays.fill(values, 0, n, 0);
    }
    if (!attributes.isEmpty()) {
      matches = new byte[of.attributes().count()];
    }
  }

  @Override
  public void profile(int series, ProfileRows rows, int row, Samples samples) {
    if (attributes.isEmpty()) {
      for (int i = 0; i < samples.count; i++) {
        values[samples.stacks[i]] += samples.values[i];
      }
      return;
    }
    for (int i = 0; i < samples.count; i++) {
      if (isSelected(samples.attributes[i])) {
        values[samples.stacks[i]] += samples.values[i];
      }
    }
  }

  private boolean isSelected(int set) {
    if (matches[set] == 0) {
      boolean all = true;
      for (Map.Entry<String, Set<String>> a : attributes.entrySet()) {
        String key = a.getKey();
        String text = key.equals(SPAN_ID) ? span(symbols, set) : symbols.text(set, key);
        all &= a.getValue().contains(text);
      }
      matches[set] = (byte) (all ? 1 : 2);
    }
    return matches[set] == 1;
  }

  /** The span of a set of attributes, "" if there is none. */
  public static String span(ProfileSymbols symbols, int set) {
    String span = symbols.text(set, SPAN_ID);
    return span.isEmpty() ? symbols.text(set, PROFILE_ID) : span;
  }

  @Override
  public void end() {
    Tuples nodes = symbols.nodes();
    int n = nodes.count();
    boolean[] used = new boolean[n];
    boolean[] below = callSite.isEmpty() ? new boolean[0] : below(symbols, callSite);
    for (int i = n - 1; i > 0; i--) {
      used[i] |= values[i] != 0 && (callSite.isEmpty() || below[i]);
      used[(int) nodes.get(i, 0)] |= used[i];
    }
    int[] places = new int[n]; // node of the tree
    int[] names = new int[symbols.functions().count()];
    Arrays.fill(names, -1);
    for (int i = 1; i < n; i++) {
      if (!used[i]) {
        continue;
      }
      int parent = (int) nodes.get(i, 0);
      int location = (int) nodes.get(i, 1);
      int place = places[parent];
      int lines = symbols.lines(location);
      for (int line = Math.max(0, lines - 1); line >= 0; line--) {
        place = tree.child(place, name(location, line, lines, names));
      }
      places[i] = place;
      if (values[i] != 0 && (callSite.isEmpty() || below[i])) {
        tree.add(column, place, values[i]);
      }
    }
    if (callSite.isEmpty() && values.length > 0 && values[0] != 0) {
      tree.add(column, 0, values[0]);
    }
  }

  /** By node: whether its stack begins with the frames of a call site, the outermost first. */
  public static boolean[] below(ProfileSymbols symbols, List<String> callSite) {
    Tuples nodes = symbols.nodes();
    boolean[] below = new boolean[nodes.count()];
    int[] depths = new int[below.length]; // frames that fit, -1 if one does not
    below[0] = callSite.isEmpty();
    for (int i = 1; i < below.length; i++) {
      int depth = depths[(int) nodes.get(i, 0)];
      int location = (int) nodes.get(i, 1);
      for (int line = Math.max(0, symbols.lines(location) - 1); line >= 0; line--) {
        if (depth >= 0 && depth < callSite.size()) {
          depth = callSite.get(depth).equals(symbols.frame(location, line)) ? depth + 1 : -1;
        }
      }
      depths[i] = depth;
      below[i] = depth == callSite.size();
    }
    return below;
  }

  private int name(int location, int line, int lines, int[] names) {
    if (lines == 0) {
      return tree.name(symbols.frame(location, line));
    }
    int function =
        (int)
            symbols
                .locations()
                .get(location, ProfileSymbols.LOCATION_HEAD + line * ProfileSymbols.LINE);
    if (names[function] < 0) {
      names[function] = tree.name(symbols.frame(location, line));
    }
    return names[function];
  }
}
