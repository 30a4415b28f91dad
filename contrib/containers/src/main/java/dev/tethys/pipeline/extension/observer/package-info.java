/** Observers of endpoints on this host or in a Kubernetes cluster. */
@NullMarked
package dev.tethys.pipeline.extension.observer;

import org.jspecify.annotations.NullMarked;
