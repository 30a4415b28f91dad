package dev.tethys.model.profiles;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Totals of profiles by the innermost function of their stacks. At most {@link #MAX_FUNCTIONS} are
 * kept by name; values of further ones count for the name "".
 */
public final class FunctionTotals implements ProfileReader {
  /** Most functions with a name. */
  static final int MAX_FUNCTIONS = 20_000;

  private final Map<String, Long> totals = new HashMap<>();
  private ProfileSymbols symbols = new ProfileSymbolTable().view();
  private long[] values = {};

  /** Values by function; "" for stacks without frames. */
  public Map<String, Long> totals() {
    return totals;
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
  }

  @Override
  public void profile(int series, ProfileRows rows, int row, Samples samples) {
    for (int i = 0; i < samples.count; i++) {
      values[samples.stacks[i]] += samples.values[i];
    }
  }

  @Override
  public void end() {
    int n = symbols.nodes().count();
    for (int i = 0; i < n; i++) {
      if (values[i] != 0) {
        String name = i == 0 ? "" : symbols.frame((int) symbols.nodes().get(i, 1), 0);
        boolean fits = totals.size() < MAX_FUNCTIONS || totals.containsKey(name);
        totals.merge(fits ? name : "", values[i], Long::sum);
      }
    }
  }
}
