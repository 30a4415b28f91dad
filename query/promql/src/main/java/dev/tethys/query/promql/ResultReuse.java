package dev.tethys.query.promql;

import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.TimeRanges;
import dev.tethys.query.promql.ResultCache.ComputedResult;
import dev.tethys.query.promql.ResultCache.Entry;
import dev.tethys.query.promql.ResultCache.Flight;
import dev.tethys.query.promql.ResultCache.Key;
import dev.tethys.query.promql.exec.Block;
import dev.tethys.query.promql.exec.Column;
import dev.tethys.query.promql.exec.Execution;
import dev.tethys.query.promql.exec.Grid;
import dev.tethys.query.promql.exec.ResultSplice;
import dev.tethys.query.promql.plan.Locality;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Execution of one range query with the result cache: reuses the steps that are still valid,
 * computes the others, and stores the merged result.
 *
 * <p>A step is valid while nothing in the times that it reads has changed since it was computed. So
 * no guess is made about how late samples arrive, and a step that reads times with future samples
 * becomes invalid when they arrive. Newly computed steps must belong to the same state of the store
 * as the cached ones: when a time that these read changes meanwhile, everything is recomputed.
 *
 * <p>Of simultaneous identical queries one computes, and the others wait for it: its result is then
 * validated like any cached result, so that no query misses data that existed when it was sent.
 *
 * <p>Results that read native histograms or carry annotations are cached only as a whole: both may
 * depend on samples before a part of the range.
 */
final class ResultReuse {
  /** Less than this part of the steps is not worth the two pieces. */
  private static final int WORTH = 4;

  private final ResultCache cache;
  private final MetricSource source;
  private final Grid grid;
  private final Locality locality;
  private final Key whole;
  private final @Nullable Key stepwise;
  private CacheReuse reuse = CacheReuse.MISS;
  private List<String> warnings = List.of();
  private List<String> infos = List.of();

  /** Result that other queries can use once the annotations are known; null if none. */
  private @Nullable Pending pending;

  /** Set while others may wait for this query. */
  private @Nullable Flight flight;

  /** Result to share with waiting queries, and whether to cache it. */
  private record Pending(List<Column> columns, long mark, boolean kept) {}

  /** Steps of a query contained in a response, both ends inclusive. */
  private record Run(int first, int last) {
    int steps() {
      return last - first + 1;
    }
  }

  /**
   * Cached results for a query at a single time.
   *
   * @param whole a result that is valid unchanged
   * @param parts otherwise a result of which some steps may be valid
   * @param has the steps of the query that it contains
   * @param holding the longest valid run of these
   */
  private record ReusableResult(
      @Nullable Entry whole, @Nullable Entry parts, @Nullable Run has, @Nullable Run holding) {
    static ReusableResult whole(Entry all) {
      return new ReusableResult(all, null, null, null);
    }

    boolean isAll(Grid grid) {
      return whole != null || holding != null && holding.steps() == grid.steps();
    }
  }

  ResultReuse(
      ResultCache cache,
      MetricSource source,
      String text,
      Grid grid,
      long lookback,
      long maxSourceResolution,
      Locality locality) {
    this.cache = cache;
    this.source = source;
    this.grid = grid;
    this.locality = locality;
    long phase = Math.floorMod(grid.start(), grid.interval());
    // An end that no query can have keeps keys of both kinds apart.
    this.whole =
        new Key(
            source,
            text,
            lookback,
            maxSourceResolution,
            grid.interval(),
            phase,
            locality.subquerySteps(),
            grid.start(),
            Math.max(grid.end(), 1));
    this.stepwise =
        locality.isStepwise()
            ? new Key(
                source,
                text,
                lookback,
                maxSourceResolution,
                grid.interval(),
                phase,
                locality.subquerySteps(),
                0,
                0)
            : null;
  }

  CacheReuse reuse() {
    return reuse;
  }

  List<String> warnings() {
    return warnings;
  }

  List<String> infos() {
    return infos;
  }

  /** Returns the number of steps currently cached for this query. */
  int available() {
    ReusableResult k = known(cache::peek);
    if (k.isAll(grid)) {
      return grid.steps();
    }
    Run r = k.holding();
    return r != null && isWorth(r) ? r.steps() : 0;
  }

  /**
   * Evaluates the query, reusing cached steps.
   *
   * @param compute computes the response for the steps of part of the grid
   */
  Block evaluate(Execution x, Function<Grid, Block> compute) {
    long mark = source.changeMark();
    if (mark == MetricSource.NO_MARK) {
      reuse = CacheReuse.NONE;
      return compute.apply(grid);
    }
    ReusableResult k = known(cache::get);
    if (!x.isBrief() && !k.isAll(grid)) {
      ComputedResult made = join(x);
      if (made != null) {
        // Entries that were valid before the mark may be stale at it.
        mark = source.changeMark();
        k =
            made.stepwise()
                ? parts(made.entry())
                : holds(made.entry()) ? ReusableResult.whole(made.entry()) : parts(k.parts());
      }
    }
    Entry all = k.whole();
    if (all != null) {
      reuse = new CacheReuse(CacheReuse.Outcome.HIT, grid.steps());
      warnings = all.warnings();
      infos = all.infos();
      return x.hold(all.columns());
    }
    Entry e = k.parts();
    if (e == null) {
      return usable(compute.apply(grid), mark, true);
    }
    Run r = k.holding();
    if (r != null && k.isAll(grid)) {
      reuse = new CacheReuse(CacheReuse.Outcome.HIT, grid.steps());
      return e.grid().equals(grid) ? x.hold(e.columns()) : spliced(x, e, r, null, null);
    }
    Block b = r == null || !isWorth(r) ? null : partly(x, e, r, mark, compute);
    if (b != null) {
      reuse = new CacheReuse(CacheReuse.Outcome.PARTIAL, r == null ? 0 : r.steps());
    } else {
      b = compute.apply(grid);
    }
    boolean covered = grid.end() <= e.grid().end() && grid.steps() <= e.grid().steps();
    Run has = k.has();
    boolean current = has == null || r != null && r.steps() > has.steps() / 2;
    // A query of the past does not replace an entry of a live one.
    return usable(b, mark, !(covered && current));
  }

  /**
   * Waits for a concurrent identical query and returns its result, null if it failed. If there is
   * none, later identical queries wait for this one.
   */
  private @Nullable ComputedResult join(Execution x) {
    Flight own = new Flight();
    Flight other = cache.begin(whole, own);
    if (other == null) {
      flight = own;
      return null;
    }
    x.await(other.done);
    return other.made;
  }

  /** Returns the cached part of this query, found by the given lookup. */
  private ReusableResult known(Function<Key, @Nullable Entry> lookup) {
    Entry all = lookup.apply(whole);
    return all != null && holds(all)
        ? ReusableResult.whole(all)
        : parts(stepwise == null ? null : lookup.apply(stepwise));
  }

  private ReusableResult parts(@Nullable Entry e) {
    Run has = e == null ? null : overlap(e);
    Run r = e == null || has == null ? null : run(has, source.changedSince(e.mark()));
    return new ReusableResult(null, e, has, r);
  }

  private Block usable(Block b, long mark, boolean kept) {
    pending = new Pending(b.columns(), mark, kept);
    return b;
  }

  private boolean isWorth(Run r) {
    return r.steps() >= 2 && r.steps() >= grid.steps() / WORTH;
  }

  /** Ends the wait of other queries for this one. */
  void end() {
    Flight f = flight;
    if (f != null) {
      flight = null;
      cache.end(whole, f);
    }
  }

  /** Caches the computed result and passes it to waiting queries. */
  void keep(Execution x, List<String> warned, List<String> informed) {
    Pending p = pending;
    if (p == null) {
      return;
    }
    pending = null;
    boolean byStep =
        stepwise != null && !x.readHistograms() && warned.isEmpty() && informed.isEmpty();
    Entry made = new Entry(grid, p.columns, p.mark, warned, informed);
    Flight f = flight;
    if (f != null) {
      f.made = new ComputedResult(made, byStep);
    }
    Key key = byStep && stepwise != null ? stepwise : whole;
    if (p.kept && (cache.isCacheable(key) || f != null && f.isAwaited)) {
      cache.put(key, made);
    }
  }

  /** Whether nothing that a whole response read has changed. */
  private boolean holds(Entry e) {
    TimeRanges changed = source.changedSince(e.mark());
    return !changed.overlaps(grid.start() - locality.before(), grid.end() + locality.after())
        && (locality.fixedFrom() > locality.fixedTo()
            || !changed.overlaps(locality.fixedFrom(), locality.fixedTo()));
  }

  private boolean holds(int step, TimeRanges changed) {
    return !changed.overlaps(
        grid.time(step) - locality.before(), grid.time(step) + locality.after());
  }

  /** Returns the steps of this query that a response contains. */
  private @Nullable Run overlap(Entry e) {
    long interval = grid.interval();
    long first = Math.max(0, (e.grid().start() - grid.start()) / interval);
    long last = Math.min(grid.steps() - 1L, (e.grid().end() - grid.start()) / interval);
    return first > last ? null : new Run((int) first, (int) last);
  }

  /** Returns the longest run of steps among some that are still valid. */
  private @Nullable Run run(Run among, TimeRanges changed) {
    Run best = null;
    int from = -1;
    for (int s = among.first; s <= among.last; s++) {
      if (!holds(s, changed)) {
        from = -1;
        continue;
      }
      from = from < 0 ? s : from;
      if (best == null || s - from + 1 > best.steps()) {
        best = new Run(from, s);
      }
    }
    return best;
  }

  /** Computes the steps around a run; returns null if the run cannot be used after all. */
  private @Nullable Block partly(
      Execution x, Entry e, Run r, long mark, Function<Grid, Block> compute) {
    int steps = grid.steps();
    // Two steps at least: a part of one step would be mistaken for an instant query.
    Grid before =
        r.first == 0 ? null : new Grid(grid.start(), grid.interval(), Math.max(2, r.first));
    int from = Math.min(r.last + 1, steps - 2);
    Grid after =
        r.last == steps - 1 ? null : new Grid(grid.time(from), grid.interval(), steps - from);
    Block b = before == null ? null : compute.apply(before);
    Block a = after == null ? null : compute.apply(after);
    boolean same =
        !x.readHistograms()
            && x.annotations().isEmpty()
            && !source
                .changedSince(mark)
                .overlaps(
                    grid.time(r.first) - locality.before(), grid.time(r.last) + locality.after());
    Block out = same ? spliced(x, e, r, b, a) : null;
    if (b != null) {
      x.release(b);
    }
    if (a != null) {
      x.release(a);
    }
    if (!same) {
      x.annotations().clear();
    }
    return out;
  }

  /** Joins a run of cached steps with the steps computed before and after it. */
  private Block spliced(
      Execution x, Entry e, Run r, @Nullable Block before, @Nullable Block after) {
    try (ResultSplice out = new ResultSplice(x, grid, e.columns().size())) {
      int shift = (int) ((grid.start() - e.grid().start()) / grid.interval());
      for (Column c : e.columns()) {
        out.add(c, r.first + shift, r.first, r.steps());
      }
      if (before != null) {
        for (Column c : before.columns()) {
          out.add(c, 0, 0, r.first);
        }
      }
      if (after != null) {
        int n = grid.steps() - 1 - r.last;
        for (Column c : after.columns()) {
          out.add(c, c.steps() - n, r.last + 1, n);
        }
      }
      return out.finish();
    }
  }
}
