package dev.tethys.query.logql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.logs.LogAppendResult;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.model.logs.LogStore;
import dev.tethys.model.storage.EventDeletion;
import dev.tethys.model.storage.StoreHealth;
import java.util.List;
import java.util.SortedSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Log store that passes stored entries to live tails. An append pays for a tail with a copy of the
 * entries of the selected streams; filters run on the thread of the tail.
 */
public final class TailedLogStore implements LogStore {
  /** Receives appended rows on the appending thread. */
  @FunctionalInterface
  public interface Listener {
    /** Receives a batch, which is reused after the call. */
    void appended(String tenant, LogBatch batch, LogAppendResult result);
  }

  private final LogStore store;
  private final Listener listener;
  private final List<LiveTail> tails = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  public TailedLogStore(LogStore store) {
    this(store, (tenant, batch, result) -> {});
  }

  /** Creates a store that also passes every append to a listener. */
  public TailedLogStore(LogStore store, Listener listener) {
    this.store = store;
    this.listener = listener;
  }

  /**
   * Starts a tail. Entries that are stored from now on are passed to it.
   *
   * @param scope tenant, or several, of the data
   * @param query log query
   * @param delayNanos least time between the arrival of an entry and its delivery
   * @throws dev.tethys.query.logql.parser.LogqlParseException if the query is not valid
   */
  public LiveTail tail(Scope scope, String query, long delayNanos) {
    LiveTail t = new LiveTail(scope, new LiveFilter(query), delayNanos, tails::remove);
    tails.add(t);
    if (closed) {
      t.close();
    }
    return t;
  }

  /** Returns the number of a tenant's open tails. */
  public int openTails(Scope scope) {
    return (int) tails.stream().filter(t -> t.scope().tenant().equals(scope.tenant())).count();
  }

  /** Ends all tails and lets no more be opened; the store stays open. */
  public void closeTails() {
    closed = true;
    tails.forEach(LiveTail::close);
  }

  @Override
  public LogAppendResult append(Scope scope, LogBatch batch) {
    LogAppendResult r = store.append(scope, batch);
    listener.appended(scope.tenant(), batch, r);
    for (LiveTail t : tails) {
      t.offer(scope.tenant(), batch, r);
    }
    return r;
  }

  @Override
  public LogSelection select(Scope scope, List<Matcher> matchers, long from, long to) {
    return store.select(scope, matchers, from, to);
  }

  @Override
  public SortedSet<String> labelNames(Scope scope, List<Matcher> matchers, long from, long to) {
    return store.labelNames(scope, matchers, from, to);
  }

  @Override
  public SortedSet<String> labelValues(
      Scope scope, String name, List<Matcher> matchers, long from, long to) {
    return store.labelValues(scope, name, matchers, from, to);
  }

  @Override
  public List<Labels> series(Scope scope, List<Matcher> matchers, long from, long to) {
    return store.series(scope, matchers, from, to);
  }

  @Override
  public EventDeletion delete(
      Scope scope, String query, List<Matcher> matchers, LogFilter filter, long from, long to) {
    return store.delete(scope, query, matchers, filter, from, to);
  }

  @Override
  public List<EventDeletion> deletions(Scope scope) {
    return store.deletions(scope);
  }

  @Override
  public boolean cancelDeletion(Scope scope, String id) {
    return store.cancelDeletion(scope, id);
  }

  @Override
  public SortedSet<String> tenants() {
    return store.tenants();
  }

  @Override
  public StoreHealth.@Nullable Problem problem() {
    return store.problem();
  }

  @Override
  public void close() {
    closeTails();
    store.close();
  }
}
