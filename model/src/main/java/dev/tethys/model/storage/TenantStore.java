package dev.tethys.model.storage;

import dev.tethys.model.access.Scope;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/** Tenants of a store of log entries, spans or profiles, and deletions of their data. */
public interface TenantStore extends AutoCloseable {
  /** Tenant of requests that name none. */
  String DEFAULT_TENANT = "fake";

  /** Returns the pending deletions and the most recently processed ones, oldest first. */
  List<EventDeletion> deletions(Scope scope);

  /**
   * Withdraws a deletion: queries return data that is still on disk again.
   *
   * @return false if there is no such deletion or it is processed
   */
  boolean cancelDeletion(Scope scope, String id);

  /** Tenants with data. */
  SortedSet<String> tenants();

  /** Returns a persistent failure, such as a full disk; null if none. */
  default StoreHealth.@Nullable Problem problem() {
    return null;
  }

  @Override
  void close();
}
