package dev.tethys.model.storage;

import dev.tethys.model.access.Scope;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/** Tenants of a store of log entries, spans or profiles, and deletions of their data. */
public interface TenantStore extends AutoCloseable {
  /** Tenant of requests that name none. */
  String DEFAULT_TENANT = "fake";

  /** Deletions that are not processed and the newest of those that are, oldest first. */
  List<EventDeletion> deletions(Scope scope);

  /**
   * Withdraws a deletion: queries return data that is still on disk again.
   *
   * @return false if there is no such deletion or it is processed
   */
  boolean cancelDeletion(Scope scope, String id);

  /** Tenants with data. */
  SortedSet<String> tenants();

  /** Failure that persists, such as a full disk; null if there is none. */
  default StoreHealth.@Nullable Problem problem() {
    return null;
  }

  @Override
  void close();
}
