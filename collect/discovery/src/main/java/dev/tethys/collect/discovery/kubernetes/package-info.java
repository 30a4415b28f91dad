/** Targets from the API of Kubernetes, listed once and then watched. */
@NullMarked
package dev.tethys.collect.discovery.kubernetes;

import org.jspecify.annotations.NullMarked;
