package dev.tethys.store.remote;

import dev.tethys.config.Section;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Database type allowed in entries of {@code stores}. Which there are is a list in {@code app}. Its
 * section has the keys of {@link StoreConfig.Keys} and its own.
 */
public interface StoreType {
  /** Returns the value of {@code type}, such as {@code influxdb}. */
  String name();

  /** Returns the configuration keys of its entries. */
  Section section();

  /** Reads an entry: opens nothing. */
  StoreConfig read(YamlObject entry);

  /** Opens a store as it was configured. */
  @FunctionalInterface
  interface Opener {
    /**
     * Opens it; no request is made yet.
     *
     * @throws IOException if a certificate, key or driver cannot be read
     */
    ForeignStore open(Dependencies s) throws IOException;
  }

  /**
   * Dependencies of a store.
   *
   * @param clients the process's; not closed by stores
   * @param registry registry of the process's own metrics
   */
  record Dependencies(HttpClientFactory clients, StoreLimits limits, Registry registry) {}

  /** Keys of the store type for the configuration page, secrets masked. */
  record MaskedKeys(Map<String, @Nullable Object> tree) {}
}
