package dev.tethys.model.profiles;

import dev.tethys.model.exposition.BoundedLabel;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.model.storage.StorageException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Appends batches to the profile store and counts them by tenant, under the names of Pyroscope's
 * distributor. All protocols and the pipeline exporter append through it. Safe for several threads.
 */
public final class ProfileIngester {
  /** Senders choose tenants, so that the number of series of a metric is bounded. */
  private static final int MAX_TENANTS = 1000;

  private final Supplier<@Nullable ProfileStore> opened;
  private final Vector<Counter> profiles;
  private final Vector<Counter> bytes;
  private final Vector<Counter> discarded;
  private final BoundedLabel tenants = new BoundedLabel(MAX_TENANTS);

  /**
   * @param opened the store, null until it is open
   */
  public ProfileIngester(Supplier<@Nullable ProfileStore> opened, Registry registry) {
    this.opened = opened;
    profiles =
        registry.counters(
            "tethys_profiles_received_total",
            "Profiles of one sample type that were stored, by tenant.",
            "tenant");
    bytes =
        registry.counters(
            "tethys_profiles_received_bytes_total",
            "Uncompressed bytes of requests with profiles that were stored, by tenant.",
            "tenant");
    discarded =
        registry.counters(
            "pyroscope_discarded_samples_total",
            "The total number of samples that were discarded.",
            "reason",
            "tenant");
  }

  /**
   * Fails unless the store is open.
   *
   * @throws StorageException if the store is not open
   */
  public ProfileStore store() {
    ProfileStore store = opened.get();
    if (store == null) {
      throw new StorageException(
          StorageException.Reason.UNAVAILABLE, "profile store is not open yet; send it again");
    }
    return store;
  }

  /**
   * Appends profiles and returns when they survive a crash.
   *
   * @param batch not used after the call
   * @param size uncompressed bytes of the request
   * @throws StorageException if no profile was stored
   */
  public ProfileAppendResult append(String tenant, ProfileBatch batch, long size) {
    ProfileStore store = store();
    if (batch.rows.count == 0) {
      return ProfileAppendResult.EMPTY;
    }
    ProfileAppendResult result = store.append(tenant, batch);
    String label = tenants.of(tenant);
    profiles.with(label).add(result.stored());
    bytes.with(label).add(size);
    for (ProfileAppendResult.Refusal r : result.refusals()) {
      discarded.with(r.limit(), label).add(r.profiles());
    }
    return result;
  }

  /** Counts profiles that could not be read. */
  public void discarded(String tenant, String reason, long profilesOrSamples) {
    if (profilesOrSamples > 0) {
      discarded.with(reason, tenants.of(tenant)).add(profilesOrSamples);
    }
  }
}
