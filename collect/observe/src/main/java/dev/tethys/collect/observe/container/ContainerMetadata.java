package dev.tethys.collect.observe.container;

import java.util.Map;

/**
 * Facts about a container from its runtime.
 *
 * @param name name given by the runtime, empty when unknown
 * @param image image, empty when unknown
 * @param labels labels of the container
 * @param logPath file of the log that the runtime writes, empty when unknown
 */
public record ContainerMetadata(
    String name, String image, Map<String, String> labels, String logPath) {
  static final ContainerMetadata NONE = new ContainerMetadata("", "", Map.of(), "");
}
