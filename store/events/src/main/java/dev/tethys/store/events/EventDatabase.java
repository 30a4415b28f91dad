package dev.tethys.store.events;

import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.EventDeletion;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.model.storage.TenantStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Store of one signal on an {@link EventEngine}: limits, deletions, maintenance and state, which
 * all signals have in common.
 *
 * @param <L> limits of a tenant
 */
public abstract class EventDatabase<L> implements TenantStore {
  private volatile Function<String, L> limits;

  /**
   * @param limits by tenant
   */
  protected EventDatabase(Function<String, L> limits) {
    this.limits = limits;
  }

  /** Engine of the store. */
  protected abstract EventEngine<?, ?, ?> engine();

  /** Limits of a tenant. */
  protected final L limits(String tenant) {
    return limits.apply(tenant);
  }

  /** Sets the limits by tenant, for appends from now on and for the next maintenance. */
  public final void setLimits(Function<String, L> byTenant) {
    limits = byTenant;
    engine().retentionChanged();
  }

  /** Mark as a deletion for clients. */
  protected static EventDeletion deletion(DeletionMark m) {
    return new EventDeletion(m.id(), m.query(), m.from(), m.to(), m.created(), m.processed());
  }

  @Override
  public final List<EventDeletion> deletions(Scope scope) {
    List<EventDeletion> out = new ArrayList<>();
    for (DeletionMark m : engine().deletions()) {
      if (m.tenant().equals(scope.tenant())) {
        out.add(deletion(m));
      }
    }
    return out;
  }

  @Override
  public final boolean cancelDeletion(Scope scope, String id) {
    return engine().cancelDeletion(scope.tenant(), id);
  }

  @Override
  public final SortedSet<String> tenants() {
    return engine().tenants();
  }

  /** Writes everything in memory into parts. */
  public final void flush() throws IOException {
    engine().flush();
  }

  /** Runs due tasks: full heads are written into parts, parts are removed and merged. */
  public final void maintain() throws IOException {
    engine().maintain();
  }

  /** Applies retention and deletions and merges small parts now. */
  public final void housekeep() throws IOException {
    engine().housekeep();
  }

  /** Number of parts. */
  public final int parts() {
    return engine().parts().size();
  }

  /** Bytes of the parts on disk. */
  public final long partBytes() {
    return engine().parts().stream().mapToLong(PartEntry::size).sum();
  }

  /** Number of parts that were found damaged and are excluded from queries. */
  public final int unreadableParts() {
    return engine().unreadableParts();
  }

  /** Memory of the rows that are not in parts, in bytes. */
  public final long headBytes() {
    return engine().headBytes();
  }

  /** Size, limits and failures. */
  public final StoreHealth health() {
    return engine().health();
  }

  @Override
  public final StoreHealth.@Nullable Problem problem() {
    return health().problem();
  }

  @Override
  public void close() {
    engine().close();
  }
}
