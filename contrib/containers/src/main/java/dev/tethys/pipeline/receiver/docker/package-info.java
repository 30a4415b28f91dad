/** The receiver {@code docker_stats}: metrics of containers from a Docker daemon. */
@NullMarked
package dev.tethys.pipeline.receiver.docker;

import org.jspecify.annotations.NullMarked;
