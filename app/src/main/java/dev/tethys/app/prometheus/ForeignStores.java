package dev.tethys.app.prometheus;

import dev.tethys.store.remote.StoreType;
import dev.tethys.store.remote.influx.InfluxStoreType;
import java.util.List;

/** The kinds of databases that {@code stores} may name: a list made by hand. */
public final class ForeignStores {
  public static final List<StoreType> TYPES = List.of(new InfluxStoreType());

  private ForeignStores() {}
}
