package dev.tethys.pipeline.exporter.tethys;

import dev.tethys.codec.CodecException;
import dev.tethys.model.access.Scope;
import dev.tethys.model.access.TenantName;
import dev.tethys.model.exposition.BoundedLabel;
import dev.tethys.model.storage.EventIngester;
import dev.tethys.model.storage.StorageException;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import java.time.Duration;

/**
 * Store of a signal that appends the batches of a tenant. Batches of an invalid tenant and those
 * that cannot be read are rejected and counted. A store that is full or not open yet requests a
 * retry.
 */
abstract class TenantBatches implements EmbeddedStore {
  private final EventIngester<?> ingester;
  private final String unreadable;

  /**
   * @param unreadable reason of batches that cannot be read
   */
  TenantBatches(EventIngester<?> ingester, String unreadable) {
    this.ingester = ingester;
    this.unreadable = unreadable;
  }

  @Override
  public final Outcome store(Batch batch, TethysSettings settings) {
    String tenant = settings.tenantOf(batch);
    int items = batch.items();
    String problem = TenantName.problem(tenant);
    if (problem != null) {
      ingester.discarded(BoundedLabel.OTHER, "invalid_tenant", items);
      return new Outcome.Rejected(TenantName.HEADER + " is " + problem, items);
    }
    try {
      return append(Scope.of(tenant), batch, settings);
    } catch (CodecException e) {
      ingester.discarded(tenant, unreadable, items);
      return new Outcome.Rejected(String.valueOf(e.getMessage()), items);
    } catch (StorageException e) {
      String why = String.valueOf(e.getMessage());
      return e.reason() == StorageException.Reason.INVALID
          ? new Outcome.Rejected(why, items)
          : new Outcome.Unavailable(why, Duration.ofSeconds(1));
    }
  }

  /**
   * Appends a batch.
   *
   * @throws CodecException if it cannot be read
   * @throws StorageException if no item was stored
   */
  abstract Outcome append(Scope scope, Batch batch, TethysSettings settings);
}
