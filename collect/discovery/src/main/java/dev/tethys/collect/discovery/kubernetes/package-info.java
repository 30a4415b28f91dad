/** Targets from the API of Kubernetes, listed once and watched from then on. */
@NullMarked
package dev.tethys.collect.discovery.kubernetes;

import org.jspecify.annotations.NullMarked;
