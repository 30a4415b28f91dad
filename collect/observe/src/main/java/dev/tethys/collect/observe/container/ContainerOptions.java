package dev.tethys.collect.observe.container;

import com.google.re2j.Pattern;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Container selection.
 *
 * @param proc mount point of /proc
 * @param cgroups mount point of the cgroup hierarchies
 * @param root root of the machine's file system, for the sockets of runtimes
 * @param minAge age from which a container is shown, or a program outside containers and units by
 *     one of its processes; 0 for immediately
 * @param allow patterns of IDs, one of which must match; empty for all
 * @param deny patterns of IDs to omit
 * @param skipSystemServices omit the units that every machine has
 */
public record ContainerOptions(
    Path proc,
    Path cgroups,
    Path root,
    Duration minAge,
    List<Pattern> allow,
    List<Pattern> deny,
    boolean skipSystemServices) {

  /** The usual settings. */
  public static ContainerOptions standard(Path proc) {
    return new ContainerOptions(
        proc,
        Path.of("/sys/fs/cgroup"),
        Path.of("/"),
        Duration.ofSeconds(30),
        List.of(),
        List.of(),
        true);
  }
}
