package dev.tethys.prometheus;

import dev.tethys.store.remote.StoreType;
import dev.tethys.store.remote.elastic.ElasticStoreType;
import dev.tethys.store.remote.influx.InfluxStoreType;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/**
 * Database types allowed in {@code stores}, by name: types of the core and of {@code contrib}
 * modules.
 */
public final class ForeignStores {
  public static final List<StoreType> TYPES = all();

  private ForeignStores() {}

  private static List<StoreType> all() {
    Map<String, StoreType> all = new TreeMap<>();
    for (StoreType t :
        List.of(new ElasticStoreType(false), new ElasticStoreType(true), new InfluxStoreType())) {
      all.put(t.name(), t);
    }
    ServiceLoader.load(StoreType.class).forEach(t -> all.put(t.name(), t));
    return List.copyOf(all.values());
  }
}
