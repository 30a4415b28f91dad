package dev.tethys.prometheus;

import dev.tethys.store.remote.StoreType;
import dev.tethys.store.remote.clickhouse.ClickHouseStoreType;
import dev.tethys.store.remote.elastic.ElasticStoreType;
import dev.tethys.store.remote.influx.InfluxStoreType;
import dev.tethys.store.remote.kdb.KdbStoreType;
import dev.tethys.store.remote.opentsdb.OpenTsdbStoreType;
import dev.tethys.store.remote.tdengine.TdengineStoreType;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/**
 * The kinds of databases that {@code stores} may name: a list made by hand, and those that bring a
 * driver along and are found as services.
 */
public final class ForeignStores {
  public static final List<StoreType> TYPES = all();

  private ForeignStores() {}

  private static List<StoreType> all() {
    List<StoreType> all = new ArrayList<>();
    all.add(new ClickHouseStoreType());
    all.add(new ElasticStoreType(false));
    all.add(new ElasticStoreType(true));
    all.add(new KdbStoreType());
    all.add(new InfluxStoreType());
    all.add(new OpenTsdbStoreType());
    all.add(new TdengineStoreType());
    ServiceLoader.load(StoreType.class).forEach(all::add);
    return List.copyOf(all);
  }
}
