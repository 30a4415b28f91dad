package dev.tethys.store.remote;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.TimeRanges;
import dev.tethys.store.remote.RemoteStore.ReadMetrics;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The embedded store and those of {@code remote_read}, read as one. A store elsewhere that fails
 * costs its part of the answer and gives a warning, as in Prometheus; one whose answer is larger
 * than is taken fails the query. Exemplars are the embedded store's.
 *
 * <p>Label names and values of other stores are found by the series they have: the protocol has no
 * other question for them.
 */
public final class FederatedSource implements MetricSource {
  private static final System.Logger LOG = System.getLogger(FederatedSource.class.getName());

  private final MetricSource local;
  private final LongSupplier localStart;
  private final long maxSamples;
  private final ReadMetrics metrics;
  private volatile List<RemoteStore> remotes = List.of();

  /**
   * @param localStart the millisecond from which on the embedded store has everything
   * @param maxSamples more in one answer of another store are refused
   */
  public FederatedSource(
      MetricSource local, LongSupplier localStart, long maxSamples, Registry registry) {
    this.local = local;
    this.localStart = localStart;
    this.maxSamples = maxSamples;
    this.metrics = ReadMetrics.of(registry);
  }

  /**
   * Reads these stores from now on; queries that run end with those they began with.
   *
   * @throws IOException when a certificate or key cannot be read
   */
  public void apply(
      List<RemoteReadConfig> configs, Labels externalLabels, HttpClientFactory clients)
      throws IOException {
    List<RemoteStore> next = new ArrayList<>();
    for (RemoteReadConfig c : configs) {
      RemoteReadClient client = new RemoteReadClient(c, clients.client(c.client()), maxSamples);
      next.add(new RemoteStore(c, client, externalLabels, metrics));
    }
    for (RemoteStore old : remotes) {
      if (configs.stream()
          .noneMatch(c -> c.name().equals(old.config.name()) && c.url().equals(old.config.url()))) {
        metrics.running().remove(old.config.name(), old.config.url().toString());
      }
    }
    remotes = List.copyOf(next);
  }

  /** A question to one store that is under way. */
  private record Asked(RemoteStore store, FutureTask<List<StoredSeries>> answer, Thread thread) {
    static Asked of(RemoteStore store, Callable<List<StoredSeries>> question) {
      FutureTask<List<StoredSeries>> f = new FutureTask<>(question);
      return new Asked(store, f, Thread.ofVirtual().name("remote-read").start(f));
    }
  }

  private List<Asked> ask(SelectHints hints, List<Matcher> matchers, boolean labelsOnly) {
    List<RemoteStore> all = remotes;
    if (all.isEmpty()) {
      return List.of();
    }
    long start = localStart.getAsLong();
    List<Asked> out = new ArrayList<>();
    for (RemoteStore r : all) {
      SelectHints range = r.asked(hints, matchers, start);
      if (range != null) {
        out.add(
            Asked.of(
                r, () -> labelsOnly ? r.labelSets(range, matchers) : r.select(range, matchers)));
      }
    }
    return out;
  }

  /** Waits for the answers; what went wrong becomes a warning. */
  private static List<List<StoredSeries>> answers(List<Asked> asked, List<String> warnings) {
    List<List<StoredSeries>> out = new ArrayList<>();
    boolean ended = false;
    try {
      for (Asked a : asked) {
        try {
          out.add(a.answer.get());
        } catch (ExecutionException e) {
          if (e.getCause() instanceof StorageException s) {
            throw s;
          }
          warnings.add("remote_read: " + a.store.config.shown() + ": " + message(e.getCause()));
        }
      }
      ended = true;
      return out;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException(
          StorageException.Reason.UNAVAILABLE, "reading other stores was interrupted", e);
    } finally {
      if (!ended) {
        stop(asked);
      }
    }
  }

  private static String message(@Nullable Throwable t) {
    String m = t == null ? null : t.getMessage();
    return m == null ? String.valueOf(t) : m;
  }

  private static void stop(List<Asked> asked) {
    asked.forEach(a -> a.thread.interrupt());
  }

  @Override
  public Selection select(SelectHints hints, List<Matcher> matchers) {
    List<Asked> asked = ask(hints, matchers, false);
    if (asked.isEmpty()) {
      return local.select(hints, matchers);
    }
    Selection mine = null;
    try {
      // Samples alone: summaries of one store cannot be joined with samples of another.
      mine =
          local.select(
              new SelectHints(
                  hints.minTime(), hints.maxTime(), hints.step(), hints.range(), hints.function()),
              matchers);
      List<String> warnings = new ArrayList<>();
      List<List<StoredSeries>> others = answers(asked, warnings);
      Selection joined = new JoinedSelection(mine, others, warnings);
      mine = null; // its own now
      return joined;
    } finally {
      if (mine != null) {
        mine.close();
        stop(asked);
      }
    }
  }

  /** Changes of other stores are not told, so no answer is kept while there are any. */
  @Override
  public long changeMark() {
    return remotes.isEmpty() ? local.changeMark() : NO_MARK;
  }

  @Override
  public TimeRanges changedSince(long mark) {
    return remotes.isEmpty() ? local.changedSince(mark) : TimeRanges.ALL;
  }

  /** The label sets that other stores have, of those asked. */
  private Set<Labels> elsewhere(
      long minTime, long maxTime, List<Matcher> matchers, List<String> warnings) {
    Set<Labels> out = new LinkedHashSet<>();
    List<Asked> asked = ask(SelectHints.range(minTime, maxTime), matchers, true);
    for (List<StoredSeries> found : answers(asked, warnings)) {
      found.forEach(s -> out.add(s.labels));
    }
    return out;
  }

  private static List<Matcher> orAll(List<Matcher> matchers) {
    return matchers.isEmpty()
        ? List.of(Matcher.of(Matcher.Type.REGEX, Labels.METRIC_NAME, ".+"))
        : matchers;
  }

  @Override
  public LabelResult labelNames(long minTime, long maxTime, List<Matcher> matchers, int limit) {
    LabelResult mine = local.labelNames(minTime, maxTime, matchers, limit);
    if (remotes.isEmpty()) {
      return mine;
    }
    List<String> warnings = new ArrayList<>(mine.warnings());
    TreeSet<String> names = new TreeSet<>(mine.values());
    for (Labels l : elsewhere(minTime, maxTime, orAll(matchers), warnings)) {
      l.toList().forEach(x -> names.add(x.name()));
    }
    return new LabelResult(limited(names, limit), warnings);
  }

  @Override
  public LabelResult labelValues(
      String name, long minTime, long maxTime, List<Matcher> matchers, int limit) {
    LabelResult mine = local.labelValues(name, minTime, maxTime, matchers, limit);
    if (remotes.isEmpty()) {
      return mine;
    }
    List<Matcher> having = new ArrayList<>(matchers);
    having.add(Matcher.of(Matcher.Type.NOT_EQUAL, name, ""));
    List<String> warnings = new ArrayList<>(mine.warnings());
    TreeSet<String> values = new TreeSet<>(mine.values());
    for (Labels l : elsewhere(minTime, maxTime, having, warnings)) {
      values.add(l.get(name));
    }
    return new LabelResult(limited(values, limit), warnings);
  }

  private static List<String> limited(TreeSet<String> all, int limit) {
    return all.stream().limit(limit <= 0 ? Long.MAX_VALUE : limit).toList();
  }

  @Override
  public List<Labels> series(
      long minTime, long maxTime, List<List<Matcher>> matcherSets, int limit) {
    List<Labels> mine = local.series(minTime, maxTime, matcherSets, limit);
    if (remotes.isEmpty()) {
      return mine;
    }
    TreeSet<Labels> out = new TreeSet<>(mine);
    List<String> warnings = new ArrayList<>();
    for (List<Matcher> set : matcherSets) {
      out.addAll(elsewhere(minTime, maxTime, set, warnings));
    }
    // There is no place for them in the answer.
    warnings.forEach(w -> LOG.log(Level.WARNING, "series are missing: {0}", w));
    return out.stream().limit(limit <= 0 ? Long.MAX_VALUE : limit).toList();
  }

  @Override
  public List<SeriesExemplars> exemplars(
      long minTime, long maxTime, List<List<Matcher>> matcherSets) {
    return local.exemplars(minTime, maxTime, matcherSets);
  }
}
