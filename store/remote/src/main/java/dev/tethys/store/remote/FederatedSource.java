package dev.tethys.store.remote;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.Exemplar;
import dev.tethys.model.GoDurationText;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.Resolution;
import dev.tethys.model.storage.RestrictedSource;
import dev.tethys.model.storage.ScopedSource;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.TimeRanges;
import dev.tethys.store.remote.RemoteStore.ReadMetrics;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.SocketTimeoutException;
import java.net.http.HttpTimeoutException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the embedded store and the stores of {@code remote_read} and {@code stores} as one source.
 * If a remote store fails or times out, its part of the response is missing and causes a warning,
 * as in Prometheus; a response that exceeds the limit fails the query.
 */
public final class FederatedSource implements ScopedSource {
  private static final System.Logger LOG = JulLogger.of(FederatedSource.class.getName());

  private final ScopedSource local;
  private final MetricSource ofDefaultTenant;
  private final LongSupplier localStart;
  private final long maxSamples;
  private final ReadMetrics metrics;
  private final Registry registry;
  private volatile List<ConfiguredStore> remotes = List.of();

  @GuardedBy("this")
  private List<RemoteReadConfig> applied = List.of();

  /**
   * @param localStart the millisecond from which the embedded store is complete
   * @param maxSamples maximum number of samples in one response of another store
   */
  public FederatedSource(
      ScopedSource local, LongSupplier localStart, long maxSamples, Registry registry) {
    this.local = local;
    this.ofDefaultTenant = new View(local.within(Scope.DEFAULT));
    this.localStart = localStart;
    this.maxSamples = maxSamples;
    this.registry = registry;
    this.metrics = ReadMetrics.of(registry);
  }

  /**
   * Reads these stores from now on; queries that run end with the previous ones.
   *
   * @throws IOException if a certificate or key cannot be read; then all stays as it was
   */
  public synchronized void apply(
      List<RemoteReadConfig> configs,
      List<StoreConfig> stores,
      Labels externalLabels,
      HttpClientFactory clients)
      throws IOException {
    List<ConfiguredStore> next = new ArrayList<>();
    boolean whole = false;
    try {
      for (RemoteReadConfig c : configs) {
        RemoteReadClient client = new RemoteReadClient(c, clients.client(c.client()), maxSamples);
        next.add(
            new ConfiguredStore(
                "remote_read",
                c.shown(),
                c.requiredMatchers(),
                c.readRecent(),
                new AdaptiveTimeout(c.timeout(), System::nanoTime),
                new RemoteStore(c, client, externalLabels, metrics)));
      }
      for (StoreConfig c : stores) {
        ForeignStore store =
            c.opener()
                .open(
                    new StoreType.Dependencies(
                        clients, new StoreLimits(maxSamples, c.maxBytes()), registry));
        next.add(
            new ConfiguredStore(
                "stores",
                c.name(),
                c.requiredMatchers(),
                c.readRecent(),
                new AdaptiveTimeout(c.timeout(), System::nanoTime),
                store));
      }
      whole = true;
    } finally {
      if (!whole) {
        next.forEach(a -> a.store().close());
      }
    }
    for (RemoteReadConfig old : applied) {
      if (configs.stream()
          .noneMatch(c -> c.name().equals(old.name()) && c.shownUrl().equals(old.shownUrl()))) {
        metrics.running().remove(old.name(), old.shownUrl());
      }
    }
    applied = List.copyOf(configs);
    List<ConfiguredStore> before = remotes;
    remotes = List.copyOf(next);
    before.forEach(a -> a.store().close());
  }

  /** Running query to a store, with its time limit. */
  private record RequestedStore<T>(
      ConfiguredStore store, FutureTask<T> answer, Thread thread, long begun, long timeLimit) {
    static <T> RequestedStore<T> of(ConfiguredStore store, Callable<T> question) {
      FutureTask<T> f = new FutureTask<>(question);
      AdaptiveTimeout p = store.timeLimit();
      long begun = p.now();
      return new RequestedStore<>(
          store, f, Thread.ofVirtual().name("foreign-store").start(f), begun, p.nanos());
    }

    private long left() {
      return timeLimit - (store.timeLimit().now() - begun);
    }

    /**
     * The response, when it comes in time.
     *
     * @throws TimeoutException if it does not end in time; it is abandoned then
     */
    T get() throws ExecutionException, InterruptedException, TimeoutException {
      try {
        T t = answer.get(Math.max(0, left()), TimeUnit.NANOSECONDS);
        store.timeLimit().answered();
        return t;
      } catch (TimeoutException e) {
        thread.interrupt();
        throw late();
      } catch (ExecutionException e) {
        if (isTimeout(e)) { // of its client, which has the same one
          throw late();
        }
        throw e;
      }
    }

    private static boolean isTimeout(Throwable e) {
      for (Throwable t = e; t != null; t = t.getCause()) {
        if (t instanceof HttpTimeoutException || t instanceof SocketTimeoutException) {
          return true;
        }
      }
      return false;
    }

    private TimeoutException late() {
      store.timeLimit().late();
      return new TimeoutException("no answer within " + GoDurationText.of(timeLimit));
    }
  }

  /** Read request to one store. */
  @FunctionalInterface
  private interface StoreQuery<T> {
    T of(ForeignStore store, SelectHints range) throws IOException, InterruptedException;
  }

  private <T> List<RequestedStore<T>> ask(
      SelectHints hints, List<Matcher> matchers, StoreQuery<T> question) {
    List<ConfiguredStore> all = remotes;
    if (all.isEmpty()) {
      return List.of();
    }
    long start = localStart.getAsLong();
    List<RequestedStore<T>> out = new ArrayList<>();
    for (ConfiguredStore r : all) {
      SelectHints range = r.hintsFor(hints, matchers, start);
      if (range != null) {
        out.add(RequestedStore.of(r, () -> question.of(r.store(), range)));
      }
    }
    return out;
  }

  /** Waits for the responses; failures become warnings. */
  private static <T> List<T> answers(List<RequestedStore<T>> asked, List<String> warnings) {
    List<T> out = new ArrayList<>();
    boolean ended = false;
    try {
      for (RequestedStore<T> a : asked) {
        try {
          out.add(a.get());
        } catch (TimeoutException e) {
          warnings.add(a.store.key() + ": " + a.store.shown() + ": " + e.getMessage());
        } catch (ExecutionException e) {
          if (e.getCause() instanceof StorageException s) {
            throw s;
          }
          warnings.add(a.store.key() + ": " + a.store.shown() + ": " + message(e.getCause()));
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

  private static void stop(List<? extends RequestedStore<?>> asked) {
    asked.forEach(a -> a.thread().interrupt());
  }

  @Override
  public MetricSource within(Scope scope) {
    MetricSource source =
        scope.isDefaultTenant()
            ? ofDefaultTenant
            : new View(local.within(Scope.of(scope.tenant(), scope.principal())));
    return RestrictedSource.of(source, scope);
  }

  /** Returns the union of the results from the queried external stores. */
  private <T> Set<T> elsewhere(
      long minTime,
      long maxTime,
      List<Matcher> matchers,
      List<String> warnings,
      StoreQuery<? extends Collection<T>> question) {
    Set<T> out = new LinkedHashSet<>();
    List<RequestedStore<Collection<T>>> asked =
        ask(SelectHints.range(minTime, maxTime), matchers, question::of);
    answers(asked, warnings).forEach(out::addAll);
    return out;
  }

  /** Compares in UTF-8 order, so that stores and this server agree on the first values. */
  private static int byCodePoints(String a, String b) {
    int n = Math.min(a.length(), b.length());
    int i = 0;
    while (i < n && a.charAt(i) == b.charAt(i)) {
      i++;
    }
    if (i == n) {
      return Integer.compare(a.length(), b.length());
    }
    // The strings share a prefix, which may end within a surrogate pair: its second half decides.
    boolean low = Character.isLowSurrogate(a.charAt(i)) && Character.isLowSurrogate(b.charAt(i));
    return low
        ? Character.compare(a.charAt(i), b.charAt(i))
        : Integer.compare(a.codePointAt(i), b.codePointAt(i));
  }

  private static List<String> limited(TreeSet<String> all, int limit) {
    return all.stream().limit(limit <= 0 ? Long.MAX_VALUE : limit).toList();
  }

  /** Logs a warning for callers whose response cannot carry it. */
  private static void log(String warning) {
    LOG.log(Level.WARNING, "a part of a response is missing: {0}", warning);
  }

  /** Embedded store as seen by a tenant, and the other stores. */
  private final class View implements MetricSource {
    private final MetricSource source;

    View(MetricSource source) {
      this.source = source;
    }

    @Override
    public Selection select(SelectHints hints, List<Matcher> matchers) {
      List<RequestedStore<List<StoredSeries>>> asked =
          ask(hints, matchers, (store, range) -> store.select(range, matchers));
      if (asked.isEmpty()) {
        return source.select(hints, matchers);
      }
      Selection own = null;
      try {
        // Samples alone: summaries of one store cannot be joined with samples of another.
        own =
            source.select(
                new SelectHints(
                    hints.minTime(),
                    hints.maxTime(),
                    hints.step(),
                    hints.range(),
                    hints.function(),
                    Resolution.FINEST,
                    hints.windows()),
                matchers);
        List<String> warnings = new ArrayList<>();
        List<List<StoredSeries>> others = answers(asked, warnings);
        Selection joined = new JoinedSelection(own, others, warnings);
        own = null; // its own now
        return joined;
      } finally {
        if (own != null) {
          own.close();
          stop(asked);
        }
      }
    }

    /** Changes of other stores are not reported, so nothing is cached while there are any. */
    @Override
    public long changeMark() {
      return remotes.isEmpty() ? source.changeMark() : NO_MARK;
    }

    @Override
    public TimeRanges changedSince(long mark) {
      return remotes.isEmpty() ? source.changedSince(mark) : TimeRanges.ALL;
    }

    @Override
    public LabelResult labelNames(long minTime, long maxTime, List<Matcher> matchers, int limit) {
      LabelResult own = source.labelNames(minTime, maxTime, matchers, limit);
      if (remotes.isEmpty()) {
        return own;
      }
      List<String> warnings = new ArrayList<>(own.warnings());
      TreeSet<String> names = new TreeSet<>(FederatedSource::byCodePoints);
      names.addAll(own.values());
      names.addAll(
          elsewhere(
              minTime,
              maxTime,
              matchers,
              warnings,
              (store, range) -> store.labelNames(range, matchers, limit)));
      return new LabelResult(limited(names, limit), warnings);
    }

    @Override
    public LabelResult labelValues(
        String name, long minTime, long maxTime, List<Matcher> matchers, int limit) {
      LabelResult own = source.labelValues(name, minTime, maxTime, matchers, limit);
      if (remotes.isEmpty()) {
        return own;
      }
      List<String> warnings = new ArrayList<>(own.warnings());
      TreeSet<String> values = new TreeSet<>(FederatedSource::byCodePoints);
      values.addAll(own.values());
      values.addAll(
          elsewhere(
              minTime,
              maxTime,
              matchers,
              warnings,
              (store, range) -> store.labelValues(name, range, matchers, limit)));
      return new LabelResult(limited(values, limit), warnings);
    }

    @Override
    public List<Labels> series(
        long minTime, long maxTime, List<List<Matcher>> matcherSets, int limit) {
      return series(minTime, maxTime, matcherSets, limit, FederatedSource::log);
    }

    @Override
    public List<Labels> series(
        long minTime,
        long maxTime,
        List<List<Matcher>> matcherSets,
        int limit,
        Consumer<String> warn) {
      List<Labels> own = source.series(minTime, maxTime, matcherSets, limit, warn);
      if (remotes.isEmpty()) {
        return own;
      }
      TreeSet<Labels> out = new TreeSet<>(own);
      List<String> warnings = new ArrayList<>();
      for (List<Matcher> set : matcherSets) {
        out.addAll(
            elsewhere(minTime, maxTime, set, warnings, (store, range) -> store.series(range, set)));
      }
      warnings.stream().distinct().forEach(warn);
      return out.stream().limit(limit <= 0 ? Long.MAX_VALUE : limit).toList();
    }

    @Override
    public List<SeriesExemplars> exemplars(
        long minTime, long maxTime, List<List<Matcher>> matcherSets) {
      return exemplars(minTime, maxTime, matcherSets, FederatedSource::log);
    }

    @Override
    public List<SeriesExemplars> exemplars(
        long minTime, long maxTime, List<List<Matcher>> matcherSets, Consumer<String> warn) {
      List<SeriesExemplars> own = source.exemplars(minTime, maxTime, matcherSets, warn);
      if (remotes.isEmpty()) {
        return own;
      }
      Map<Labels, Set<Exemplar>> all = new TreeMap<>();
      List<String> warnings = new ArrayList<>();
      List<SeriesExemplars> found = new ArrayList<>(own);
      for (List<Matcher> set : matcherSets) {
        found.addAll(
            elsewhere(
                minTime, maxTime, set, warnings, (store, range) -> store.exemplars(range, set)));
      }
      for (SeriesExemplars s : found) {
        all.computeIfAbsent(s.series(), l -> new LinkedHashSet<>()).addAll(s.exemplars());
      }
      warnings.stream().distinct().forEach(warn);
      List<SeriesExemplars> out = new ArrayList<>();
      all.forEach(
          (labels, exemplars) ->
              out.add(
                  new SeriesExemplars(
                      labels,
                      exemplars.stream()
                          .sorted(Comparator.comparingLong(Exemplar::timestamp))
                          .toList())));
      return out;
    }
  }
}
