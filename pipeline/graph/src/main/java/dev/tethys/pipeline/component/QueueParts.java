package dev.tethys.pipeline.component;

import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.Sender;
import java.io.IOException;
import java.util.List;

/**
 * Queues of one component with the same settings and different destinations: one per backend. They
 * are added and removed at run time.
 */
public interface QueueParts {
  /**
   * Creates a part.
   *
   * @param name name of the part; names must be unique among existing parts. Where queues are on
   *     disk, its folder has this name.
   */
  QueuePart part(String name, Encoder encoder, Sender sender);

  /** Returns the names of parts that have a folder, running or left from before. */
  List<String> onDisk() throws IOException;
}
