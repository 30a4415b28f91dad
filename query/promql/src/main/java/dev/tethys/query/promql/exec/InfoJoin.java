package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.Labels.Label;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.regex.Regex;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.ast.Expr.Extension;
import dev.tethys.query.promql.ast.Expr.Span;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * {@code info(v)}: adds to each series the labels of the info series that describe the same {@code
 * job} and {@code instance}. At a step with several of one name the one with the newest sample
 * counts.
 */
public final class InfoJoin extends Operator {
  private static final List<String> IDENTIFYING = List.of("instance", "job");
  private static final String DEFAULT_NAME = "target_info";

  private final Operator vector;
  private final List<Matcher> nameMatchers;
  private final Map<String, List<Matcher>> dataMatchers;
  private final @Nullable Long at;
  private final long offset;
  private final Span span;

  /**
   * @param matchers matchers of the second argument, or null without one
   * @param at fixed time when info series are selected, or null
   */
  public InfoJoin(
      Operator vector,
      @Nullable List<Matcher> matchers,
      @Nullable Long at,
      long offset,
      Span span) {
    this.vector = vector;
    this.at = at;
    this.offset = offset;
    this.span = span;
    List<Matcher> names = new ArrayList<>();
    dataMatchers = new HashMap<>();
    if (matchers != null) {
      for (Matcher m : matchers) {
        if (m.name().equals(Labels.METRIC_NAME)) {
          names.add(m);
        } else {
          dataMatchers.computeIfAbsent(m.name(), k -> new ArrayList<>()).add(m);
        }
      }
    }
    nameMatchers = effective(names);
  }

  /** Names that only exclude apply to all {@code _info} metrics. */
  private static List<Matcher> effective(List<Matcher> names) {
    if (names.isEmpty()) {
      return List.of(Matcher.equal(Labels.METRIC_NAME, DEFAULT_NAME));
    }
    for (Matcher m : names) {
      if (m.type() == Matcher.Type.EQUAL || m.type() == Matcher.Type.REGEX) {
        return names;
      }
    }
    List<Matcher> out = new ArrayList<>(names);
    out.addFirst(Matcher.of(Matcher.Type.REGEX, Labels.METRIC_NAME, ".+_info"));
    return out;
  }

  private boolean isInfo(Labels l) {
    String name = l.metricName();
    return nameMatchers.stream().allMatch(m -> m.matches(name));
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    return new Description("InfoJoin")
        .with("metrics", nameMatchers.toString())
        .with("data labels", List.copyOf(new TreeSet<>(dataMatchers.keySet())))
        .input("vector", vector, grid);
  }

  @Override
  Block compute(Execution x, Grid grid) {
    Block in = vector.evaluate(x, grid);
    List<Block> infos = new ArrayList<>();
    List<Column> columns = new ArrayList<>();
    for (List<Matcher> matchers : infoMatchers(in)) {
      Block found = infoSeries(x, grid, matchers);
      infos.add(found);
      columns.addAll(found.columns());
    }
    Block b = x.hold(new Run(x, grid, in, columns).run());
    x.release(in);
    infos.forEach(x::release);
    return b;
  }

  /**
   * Selectors of the info series for these series. Series with only {@code job} or only {@code
   * instance} get their own selector, in which the other label is empty.
   */
  private List<List<Matcher>> infoMatchers(Block in) {
    Map<Set<String>, Map<String, Set<String>>> groups = new LinkedHashMap<>();
    for (Column c : in.columns()) {
      if (isInfo(c.labels())) {
        continue;
      }
      Map<String, String> own = new LinkedHashMap<>();
      for (String name : IDENTIFYING) {
        String v = c.labels().get(name);
        if (!v.isEmpty()) {
          own.put(name, v);
        }
      }
      if (!own.isEmpty()) {
        Map<String, Set<String>> values =
            groups.computeIfAbsent(Set.copyOf(own.keySet()), k -> new TreeMap<>());
        own.forEach((name, v) -> values.computeIfAbsent(name, k -> new TreeSet<>()).add(v));
      }
    }
    List<List<Matcher>> out = new ArrayList<>();
    for (Map<String, Set<String>> values : groups.values()) {
      List<Matcher> matchers = new ArrayList<>();
      for (String name : IDENTIFYING) {
        Set<String> own = values.get(name);
        matchers.add(
            own == null
                ? Matcher.equal(name, "")
                : Matcher.of(
                    Matcher.Type.REGEX,
                    name,
                    String.join("|", own.stream().map(Regex::quote).toList())));
      }
      dataMatchers.values().forEach(matchers::addAll);
      matchers.addAll(nameMatchers);
      out.add(matchers);
    }
    return out;
  }

  /** Returns the info series with the timestamps of their samples as values. */
  private Block infoSeries(Execution x, Grid grid, List<Matcher> matchers) {
    Selector s = new Selector(matchers, at, offset, Extension.NONE, "info", false, span);
    return new InfoTimes(s).evaluate(x, grid);
  }

  /** The time of the sample at each step, as a number of milliseconds. */
  private static final class InfoTimes extends Operator {
    private final Selector selector;

    InfoTimes(Selector selector) {
      this.selector = selector;
    }

    @Override
    public Description describe(Grid grid, long lookback) {
      return new InstantSelect(selector, InstantSelect.Part.TIMESTAMP).describe(grid, lookback);
    }

    @Override
    Block compute(Execution x, Grid grid) {
      Block values = new InstantSelect(selector, InstantSelect.Part.VALUE).evaluate(x, grid);
      for (Column c : values.columns()) {
        if (c.histograms() != null) {
          throw QueryException.execution(
              "this should be an info metric, with float samples: " + c.labels());
        }
      }
      x.release(values);
      return new InstantSelect(selector, InstantSelect.Part.TIMESTAMP).keepingLabels(x, grid);
    }
  }

  private final class Run {
    private final Execution x;
    private final Grid grid;
    private final Block in;
    private final List<Column> infos;
    private final Map<Labels, List<Column>> byIdentity = new HashMap<>();
    private final SeriesMerge.Builder out;

    Run(Execution x, Grid grid, Block in, List<Column> infos) {
      this.x = x;
      this.grid = grid;
      this.in = in;
      this.infos = infos;
      out = new SeriesMerge.Builder(x, grid.steps());
    }

    List<Column> run() {
      Set<String> names = new HashSet<>();
      for (Column c : infos) {
        byIdentity
            .computeIfAbsent(identity(c.labels(), c.labels().metricName()), k -> new ArrayList<>())
            .add(c);
        names.add(c.labels().metricName());
      }
      checkDuplicates();
      for (Column c : in.columns()) {
        x.check();
        if (isInfo(c.labels())) {
          out.add(c);
          continue;
        }
        enrich(c, names);
      }
      return out.columns();
    }

    private Labels identity(Labels l, String name) {
      return l.keep(IDENTIFYING).toBuilder().set(Labels.METRIC_NAME, name).build();
    }

    /** Fails if two info series with one identity have samples with the same time. */
    private void checkDuplicates() {
      boolean[] base = new boolean[grid.steps()];
      for (Column c : in.columns()) {
        for (int s = 0; s < base.length; s++) {
          base[s] |= c.has(s);
        }
      }
      for (List<Column> same : byIdentity.values()) {
        for (int s = 0; same.size() > 1 && s < grid.steps(); s++) {
          Column newest = null;
          for (Column c : same) {
            if (!base[s] || !c.has(s)) {
              continue;
            }
            if (newest != null && c.values()[s] == newest.values()[s]) {
              long t = Math.round(c.values()[s] * 1000);
              throw QueryException.execution(
                  "found duplicate series for info metric: existing "
                      + newest.labels()
                      + " @ "
                      + t
                      + ", new "
                      + c.labels()
                      + " @ "
                      + t);
            }
            if (newest == null || c.values()[s] > newest.values()[s]) {
              newest = c;
            }
          }
        }
      }
    }

    private void enrich(Column c, Set<String> names) {
      List<List<Column>> candidates = new ArrayList<>();
      for (String name : names) {
        List<Column> same = byIdentity.get(identity(c.labels(), name));
        if (same != null) {
          candidates.add(same);
        }
      }
      boolean optional = true;
      for (List<Matcher> ms : dataMatchers.values()) {
        for (Matcher m : ms) {
          optional &= m.matchesEmpty();
        }
      }
      Map<List<Column>, Labels> known = new HashMap<>();
      for (int s = 0; s < grid.steps(); s++) {
        if (!c.has(s)) {
          continue;
        }
        List<Column> found = new ArrayList<>();
        for (List<Column> same : candidates) {
          Column newest = null;
          for (Column i : same) {
            if (i.has(s) && (newest == null || i.values()[s] > newest.values()[s])) {
              newest = i;
            }
          }
          if (newest != null) {
            found.add(newest);
          }
        }
        if (found.isEmpty() && !optional) {
          continue;
        }
        Labels l = known.get(found);
        if (l == null) {
          l = enriched(c.labels(), found);
          known.put(found, l);
        }
        out.add(l, c.dropName(), s, c);
      }
    }

    private Labels enriched(Labels base, List<Column> found) {
      LabelsBuilder added = new LabelsBuilder();
      for (Column i : found) {
        for (Label l : i.labels().toList()) {
          if (l.name().equals(Labels.METRIC_NAME)
              || !dataMatchers.isEmpty() && !dataMatchers.containsKey(l.name())) {
            continue;
          }
          String before = added.get(l.name());
          if (!before.isEmpty() && !before.equals(l.value())) {
            throw QueryException.execution("conflicting label: " + l.name());
          }
          if (!base.has(l.name())) {
            added.set(l.name(), l.value());
          }
        }
      }
      return base.toBuilder().addAll(added.build()).build();
    }
  }
}
