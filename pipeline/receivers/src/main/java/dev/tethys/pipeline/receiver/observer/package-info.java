/** Observers: which endpoints there are, in a cluster, on a Docker daemon, on this machine. */
@NullMarked
package dev.tethys.pipeline.receiver.observer;

import org.jspecify.annotations.NullMarked;
