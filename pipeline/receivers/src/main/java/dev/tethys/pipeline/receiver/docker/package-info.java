/** The receiver {@code docker_stats}: what a Docker daemon measures of its containers. */
@NullMarked
package dev.tethys.pipeline.receiver.docker;

import org.jspecify.annotations.NullMarked;
