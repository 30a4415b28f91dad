package dev.tethys.pipeline.exporter.loki;

import dev.tethys.pipeline.delivery.OutboxOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the requests of a client wait.
 *
 * @param folder of this client alone; null for memory
 * @param bytes most that wait, above 0; whoever brings more waits
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
