package dev.tethys.model.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.EventDeletion;
import java.util.List;
import java.util.SortedSet;
import java.util.function.BooleanSupplier;

/**
 * Profile store that adds function names to addresses stored without symbols. Other calls are
 * delegated to the store.
 */
public final class SymbolizedStore implements ProfileStore {
  private final ProfileStore store;
  private final AddressSymbols source;

  public SymbolizedStore(ProfileStore store, AddressSymbols source) {
    this.store = store;
    this.source = source;
  }

  @Override
  public ProfileSelection select(Scope scope, List<Matcher> matchers, long from, long to) {
    ProfileSelection s = store.select(scope, matchers, from, to);
    return new ProfileSelection() {
      @Override
      public List<Labels> series() {
        return s.series();
      }

      @Override
      public void read(ProfileReader reader, BooleanSupplier stopped) {
        s.read(new SymbolizedReader(reader, source, scope, stopped), stopped);
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
  public ProfileAppendResult append(Scope scope, ProfileBatch batch) {
    return store.append(scope, batch);
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
      Scope scope, String query, List<Matcher> matchers, long from, long to) {
    return store.delete(scope, query, matchers, from, to);
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
  public void close() {
    store.close();
  }
}
