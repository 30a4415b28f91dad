package dev.tethys.pipeline.exporter.loki;

import dev.tethys.pipeline.delivery.OutboxOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Queue of a client's requests.
 *
 * @param folder folder used by this client only; null to queue in memory
 * @param bytes maximum size, above 0; producers wait when it is full
 */
public record RequestQueue(@Nullable Path folder, long bytes) {
  /** In memory: entries stay with their sources until they are delivered. */
  public static final RequestQueue MEMORY = new RequestQueue(null, 64L << 20);

  OutboxOptions options() {
    return OutboxOptions.DEFAULT
        .withCapacity(OutboxOptions.Capacity.ofBytes(bytes))
        .withDisk(folder == null ? null : OutboxOptions.Disk.in(folder));
  }
}
