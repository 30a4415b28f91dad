package dev.tethys.model.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.EventDeletion;
import java.util.List;
import java.util.SortedSet;
import java.util.function.BooleanSupplier;

/**
 * Profile store whose selections name the functions at addresses that were stored without. Other
 * calls are those of the store.
 */
public final class SymbolizedStore implements ProfileStore {
  private final ProfileStore store;
  private final AddressSymbols source;

  public SymbolizedStore(ProfileStore store, AddressSymbols source) {
    this.store = store;
    this.source = source;
  }

  @Override
  public ProfileSelection select(String tenant, List<Matcher> matchers, long from, long to) {
    ProfileSelection s = store.select(tenant, matchers, from, to);
    return new ProfileSelection() {
      @Override
      public List<Labels> series() {
        return s.series();
      }

      @Override
      public void read(ProfileReader reader, BooleanSupplier stopped) {
        s.read(new SymbolizedReader(reader, source, tenant, stopped), stopped);
      }

      @Override
      public long oldest() {
        return s.oldest();
      }

      @Override
      public long newest() {
        return s.newest();
      }

      @Override
      public List<String> damage() {
        return s.damage();
      }

      @Override
      public void close() {
        s.close();
      }
    };
  }

  @Override
  public ProfileAppendResult append(String tenant, ProfileBatch batch) {
    return store.append(tenant, batch);
  }

  @Override
  public SortedSet<String> labelNames(String tenant, List<Matcher> matchers, long from, long to) {
    return store.labelNames(tenant, matchers, from, to);
  }

  @Override
  public SortedSet<String> labelValues(
      String tenant, String name, List<Matcher> matchers, long from, long to) {
    return store.labelValues(tenant, name, matchers, from, to);
  }

  @Override
  public List<Labels> series(String tenant, List<Matcher> matchers, long from, long to) {
    return store.series(tenant, matchers, from, to);
  }

  @Override
  public EventDeletion delete(
      String tenant, String query, List<Matcher> matchers, long from, long to) {
    return store.delete(tenant, query, matchers, from, to);
  }

  @Override
  public List<EventDeletion> deletions(String tenant) {
    return store.deletions(tenant);
  }

  @Override
  public boolean cancelDeletion(String tenant, String id) {
    return store.cancelDeletion(tenant, id);
  }

  @Override
  public SortedSet<String> tenants() {
    return store.tenants();
  }

  @Override
  public void close() {
    store.close();
  }
}
