package dev.tethys.collect.observe.container;

import dev.tethys.collect.observe.connection.PublishedPort;
import java.util.List;
import java.util.Map;

/**
 * Facts about a container from its runtime.
 *
 * @param name name given by the runtime, empty if unknown
 * @param image image, empty if unknown
 * @param labels labels of the container
 * @param logPath file of the log that the runtime writes, empty if unknown
 * @param published TCP ports of the machine that the runtime passes on to the container
 */
public record ContainerMetadata(
    String name,
    String image,
    Map<String, String> labels,
    String logPath,
    List<PublishedPort> published) {
  static final ContainerMetadata NONE = new ContainerMetadata("", "", Map.of(), "", List.of());
}
