package dev.tethys.model.profiles;

import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.EventIngester;
import dev.tethys.model.storage.StorageException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Appends batches to the profile store and counts them by tenant. */
public final class ProfileIngester extends EventIngester<ProfileStore> {
  /**
   * @param opened the store, null until it is open
   */
  public ProfileIngester(Supplier<@Nullable ProfileStore> opened, Registry registry) {
    super(
        "profile store",
        opened,
        registry.counters(
            "tethys_profiles_received_total",
            "Profiles of one sample type that were stored, by tenant.",
            "tenant"),
        registry.counters(
            "tethys_profiles_received_bytes_total",
            "Uncompressed bytes of requests with profiles that were stored, by tenant.",
            "tenant"),
        registry.counters(
            "pyroscope_discarded_samples_total",
            "The total number of samples that were discarded.",
            "reason",
            "tenant"));
  }

  /**
   * Appends profiles and returns when they survive a crash.
   *
   * @param batch not used after the call
   * @param size uncompressed bytes of the request
   * @throws StorageException if no profile was stored
   */
  public ProfileAppendResult append(Scope scope, ProfileBatch batch, long size) {
    ProfileStore store = store();
    if (batch.rows.count == 0) {
      return ProfileAppendResult.EMPTY;
    }
    ProfileAppendResult result = store.append(scope, batch);
    received(scope.tenant(), result.stored(), size);
    for (ProfileAppendResult.Refusal r : result.refusals()) {
      discarded(scope.tenant(), r.limit(), r.profiles());
    }
    return result;
  }
}
