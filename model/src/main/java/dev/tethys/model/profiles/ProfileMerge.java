package dev.tethys.model.profiles;

import dev.tethys.model.guard.RequestMemory;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Merges profiles of one type into one, with locations and, if requested, attributes of samples.
 * Memory depends on the number of distinct stacks and not of profiles. Not thread-safe.
 */
public final class ProfileMerge implements ProfileReader {
  private static final long CHARGED_BYTES = 1 << 18; // at a time
  private static final int COPIES = 3; // tables that grow, their views, the message

  private static final String COMMENT = "pprof.profile.comment";

  private final ProfileSymbolTable symbols = new ProfileSymbolTable();
  private final TupleTable keys = new TupleTable();
  private final boolean withAttributes;
  private final @Nullable Innermost innermost;
  private final Set<String> comments = new TreeSet<>();
  private long[] values = new long[64];
  private SymbolCopier copier = new SymbolCopier(symbols.view(), symbols);
  private ProfileSymbols from = symbols.view();
  private long first = Long.MAX_VALUE;
  private long duration;
  private final TupleTable times = new TupleTable();
  private int counted;
  private long period;
  private int meta = -1;
  private int profiles;
  private long charged;

  /**
   * @param withAttributes false to add up samples of one stack that differ in attributes
   */
  public ProfileMerge(boolean withAttributes) {
    this.withAttributes = withAttributes;
    this.innermost = null;
  }

  /** Merges the innermost locations of stacks, without attributes. */
  public ProfileMerge(Innermost innermost) {
    this.withAttributes = false;
    this.innermost = innermost;
  }

  /**
   * Part of stacks that is kept, as compilers need it to optimise by a profile.
   *
   * @param keep number of innermost locations; 0 for all
   * @param wholeFunction true to add up samples of different lines of the innermost function
   */
  public record Innermost(int keep, boolean wholeFunction) {}

  @Override
  public boolean needsSamples() {
    return true;
  }

  @Override
  public void begin(ProfileSymbols of) {
    from = of;
    copier = new SymbolCopier(of, symbols);
  }

  @Override
  public void profile(int series, ProfileRows rows, int row, Samples samples) {
    profiles++;
    first = Math.min(first, rows.times[row]);
    // A profile whose samples have labels is stored as profiles of several series at one time.
    times.intern(rows.times[row], rows.durations[row]);
    if (times.count() > counted) {
      counted = times.count();
      duration += rows.durations[row];
    }
    period = Math.max(period, rows.periods[row]);
    if (meta < 0) {
      meta = copier.attributes(rows.metas[row]);
    }
    int set = rows.metas[row];
    for (int i = 0; i < from.attributes(set); i++) {
      if (from.string(from.attribute(set, i, 0)).equals(COMMENT)) {
        comments.add(from.string(from.attribute(set, i, 2)));
      }
    }
    for (int i = 0; i < samples.count; i++) {
      int attributes = withAttributes ? copier.attributes(samples.attributes[i]) : 0;
      int key = keys.intern(node(samples.stacks[i]), attributes);
      if (key >= values.length) {
        values = Arrays.copyOf(values, values.length * 2);
      }
      values[key] += samples.values[i];
    }
    charge();
  }

  /**
   * Charges the added data to the request, together with the message built from it.
   *
   * @throws dev.tethys.model.guard.ByteBudget.OverBudgetException if the budget is exhausted
   */
  private void charge() {
    long bytes = symbols.bytes() + keys.bytes() + 8L * values.length;
    if (bytes - charged >= CHARGED_BYTES) {
      RequestMemory.charge((bytes - charged) * COPIES);
      charged = bytes;
    }
  }

  private int node(int stack) {
    Innermost part = innermost;
    return part == null
        ? copier.node(stack)
        : copier.innermost(stack, part.keep, part.wholeFunction);
  }

  @Override
  public void end() {}

  /** Returns the number of merged profiles. */
  public int profiles() {
    return profiles;
  }

  /** Returns the symbols of the merged profile. */
  public ProfileSymbols symbols() {
    return symbols.view();
  }

  /** Stack and set of attributes of each sample. */
  public Tuples samples() {
    return keys.view();
  }

  /** Returns the value of a sample. */
  public long value(int sample) {
    return values[sample];
  }

  /** Start of the earliest profile, Unix nanoseconds; 0 if there is none. */
  public long time() {
    return profiles == 0 ? 0 : first;
  }

  /** Sum of the durations, nanoseconds; profiles of one start and duration count once. */
  public long duration() {
    return duration;
  }

  /** Greatest period. */
  public long period() {
    return period;
  }

  /** Set of attributes of the first profile. */
  public int meta() {
    return Math.max(0, meta);
  }

  /** Comments of all profiles, sorted. */
  public Set<String> comments() {
    return comments;
  }
}
